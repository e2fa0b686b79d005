import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHasPlace, configPath, readAwsuperFile, readConfigFile, updateConfigFile } from './files.js';

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'qm-files-'))));
afterEach(() => rmSync(home, { recursive: true }));

const put = (name: string, text: string, mode = 0o600): string => {
  const file = join(home, name);
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  return file;
};

it('finds the configuration below the home, XDG’s place or where it is told to', () => {
  expect(configPath({}, '/home/a')).toBe('/home/a/.config/quartermaster/config.json');
  expect(configPath({ XDG_CONFIG_HOME: '/x' }, '/home/a')).toBe('/x/quartermaster/config.json');
  expect(configPath({ XDG_CONFIG_HOME: 'x' }, '/home/a')).toBe('/home/a/.config/quartermaster/config.json');
  expect(configPath({ XDG_CONFIG_HOME: '/x', QUARTERMASTER_CONFIG: '/y.json' }, '/home/a')).toBe('/y.json');
});

describe('the configuration file', () => {
  it('gives each setting with its place', () => {
    const file = put('c.json', '{"url":"http://a","token":"t","account":"u","account_token":"v","theme":"dark"}');
    expect(readConfigFile(file)).toEqual({
      config: {
        url: { value: 'http://a', source: file },
        token: { value: 't', source: file },
        account: { value: 'u', source: file },
        accountToken: { value: 'v', source: file },
      },
      warnings: [],
    });
  });

  it('may be missing', () => {
    expect(readConfigFile(join(home, 'none.json'))).toEqual({ config: {}, warnings: [] });
  });

  it('is warned of where others can read it', () => {
    const file = put('c.json', '{}', 0o644);
    expect(readConfigFile(file).warnings).toEqual([`${file} can be read by others: chmod 600 ${file}`]);
  });

  it.each(['{"token":"s3cret"', '["s3cret"]', '"s3cret"'])('is refused, without its text, where it is %s', (text) => {
    const file = put('c.json', text);
    expect(() => readConfigFile(file)).toThrow(new Error(`${file} is no JSON object.`));
  });

  it('is refused where a setting is no text', () => {
    const file = put('c.json', '{"url":5}');
    expect(() => readConfigFile(file)).toThrow(`url in ${file} must be a text.`);
  });
});

describe('writing it', () => {
  it('makes folder and file for the owner alone', () => {
    const file = join(home, 'new/quartermaster/config.json');
    updateConfigFile(file, { url: 'http://a', token: 't' });
    expect([statSync(file).mode & 0o777, statSync(join(home, 'new/quartermaster')).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ url: 'http://a', token: 't' });
  });

  it('keeps what else is in it, and takes its rights from others', () => {
    const file = put('c.json', '{"url":"http://a","account":"u","theme":"dark"}', 0o644);
    updateConfigFile(file, { url: 'http://b', token: 't' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      url: 'http://b',
      account: 'u',
      theme: 'dark',
      token: 't',
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('writes one anew that is no JSON', () => {
    const file = put('c.json', 'oops');
    updateConfigFile(file, { token: 't' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ token: 't' });
  });

  it('goes through a link', () => {
    const file = put('real.json', '{}');
    symlinkSync(file, join(home, 'link.json'));
    updateConfigFile(join(home, 'link.json'), { token: 't' });
    expect(lstatSync(join(home, 'link.json')).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain('"t"');
  });

  it('leaves a draft of somebody else’s alone', () => {
    const victim = put('victim', 'precious');
    symlinkSync(victim, join(home, `c.json.${process.pid}`));
    updateConfigFile(join(home, 'c.json'), { token: 't' });
    expect([readFileSync(victim, 'utf8'), readdirSync(home).toSorted()]).toEqual([
      'precious',
      ['c.json', `c.json.${process.pid}`, 'victim'],
    ]);
  });

  it('says so where there is no home', () => {
    expect(configPath({}, '')).toBe('');
    expect(configPath({ XDG_CONFIG_HOME: '/x' }, '')).toBe('/x/quartermaster/config.json');
    expect(() => checkHasPlace(configPath({}, ''))).toThrow('You have no home folder to keep settings in.');
    expect(() => updateConfigFile('', { token: 't' })).toThrow('You have no home folder to keep settings in.');
  });

  it('says why it could not', () => {
    put('taken', '');
    expect(() => updateConfigFile(join(home, 'taken/config.json'), { token: 's3cret' })).toThrow(
      /taken\/config\.json can not be written \((ENOTDIR|EEXIST)\)\.$/,
    );
  });
});

describe('AWSuper’s file', () => {
  it.each([
    [
      '{"token":"t","server":{"protocol":"https","host":"aws.example.com","port":443}}',
      'https://aws.example.com:443',
      't',
    ],
    ['{"token":"t"}', 'http://localhost:4242', 't'],
    ['{"server":{"host":"10.0.0.1"}}', 'http://10.0.0.1:4242', undefined],
    ['{"token":"t","server":{"host":"::1","port":"80"}}', 'http://[::1]:80', 't'],
    ['{"token":"t","server":null}', 'http://localhost:4242', 't'],
    ['{"token":5,"server":{"host":"a b"}}', undefined, undefined],
    ['{"other":1}', undefined, undefined],
    ['no JSON', undefined, undefined],
  ])('%s', (text, url, token) => {
    const file = put('.awsuper', text);
    const found = readAwsuperFile(file);
    expect([found.url?.value, found.token?.value]).toEqual([url, token]);
  });
});
