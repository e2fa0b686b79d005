import { AppError } from '@quartermaster/foundation';
import { gzipSync } from 'node:zlib';
import {
  checkInitScriptTemplate,
  createInitScriptRenderer,
  type InitScriptBuild,
  type InitScriptOptions,
} from './create-renderer.js';

const build: InitScriptBuild = {
  id: 'b1',
  site: 'org',
  env: 'staging-2',
  queue: 'docker',
  role: 'worker',
  instance_type: 'c3.2xlarge',
  count: 4,
  tags: { team: 'blue' },
  name_template: '{{ role }}',
  boot_instance: true,
};
const urls = { instanceBuildUrl: 'https://x:the-secret@qm.example.com/instance-builds/b1' };
const compressed = (text: string): string => gzipSync(text).toString('base64');

function render(template: string, options: Partial<InitScriptOptions> = {}, asked = build): string {
  return createInitScriptRenderer({ environment: {}, template, ...options }).render(asked, urls);
}

function errorOf(act: () => unknown): AppError {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const failure = (template: string, options: Partial<InitScriptOptions> = {}): AppError =>
  errorOf(() => render(template, options));

describe('a template', () => {
  it('sees every field of the build, and the empty string for what was not given', () => {
    const template =
      '{{ id }} {{ build_id }} {{ site }} {{ env }} {{ queue }} {{ role }} {{ instance_type }} {{ count }}';
    expect(render(template)).toBe('b1 b1 org staging-2 docker worker c3.2xlarge 4');
    const optional = ['ami', 'subnet_id', 'security_group_id', 'iam_instance_profile', 'key_name', 'root_volume_gb'];
    for (const field of [...optional, 'slack_channel', 'instance_yml', 'instance_rsa']) {
      expect(render(`<{{ ${field} }}>`)).toBe('<>');
    }
    expect(render('{{ name_template }} {{ boot_instance }} {{ tags.team }}')).toBe('{{ role }} true blue');
    expect(render('{% for tag in tags %}{{ tag[0] }}={{ tag[1] }}{% endfor %}')).toBe('team=blue');
  });

  it('sees the address to report to, the YAML and the key', () => {
    const options = { instanceYml: 'a: b', instanceRsa: 'KEY' };
    expect(render('{{ instance_build_url }} {{ instance_yml }} {{ instance_rsa }}', options)).toBe(
      `${urls.instanceBuildUrl} a: b KEY`,
    );
  });

  it('may be gzip in base64, in lines too', () => {
    const packed = compressed('hello {{ site }}');
    expect(render(packed)).toBe('hello org');
    expect(render(`${packed.slice(0, 20)}\n${packed.slice(20)}\n`)).toBe('hello org');
  });

  it('never sees a value as a template', () => {
    const asked = { ...build, tags: { a: '{{ instance_rsa }}{% include "x" %}' } };
    expect(render('{{ tags.a }}', { instanceRsa: 'KEY' }, asked)).toBe('{{ instance_rsa }}{% include "x" %}');
  });

  it('fails on unknown variables, filters and tags, with the line', () => {
    expect(failure('a\n{{ nope }}')).toMatchObject({ kind: 'unprocessable', code: 'init-script-template' });
    expect(failure('a\n{{ nope }}').message).toBe(
      'The init script template fails at line 2: undefined variable: nope.',
    );
    expect(failure('{{ site | nope }}').message).toMatch(/line 1: undefined filter: nope/);
    expect(failure('\n\n{% nope %}').message).toMatch(/line 3: tag "nope" not found/);
    expect(failure('{{ tags.nope }}').message).toMatch(/undefined variable: tags.nope/);
  });

  it.each(['constructor', '__proto__', 'toString', 'site.constructor', 'tags.constructor', 'tags.__proto__'])(
    'cannot reach %s',
    (path) => {
      expect(failure(`{{ ${path} }}`).code).toBe('init-script-template');
    },
  );
});

describe('files', () => {
  it.each([
    "{% include 'package.json' %}",
    "{% render 'package.json' %}",
    "{% layout 'package.json' %}",
    '{% include site %}',
    "{% render '/etc/passwd' %}",
    '{% block a %}{% endblock %}',
    "{% liquid\n  render 'package.json'\n%}",
  ])('are out of reach of %s, at start already', (template) => {
    const error = errorOf(() => checkInitScriptTemplate(template));
    expect(error).toMatchObject({ kind: 'unprocessable', code: 'init-script-template' });
    expect(error.message).toMatch(/templates have no files/);
  });
});

describe('limits', () => {
  it('stop a loop that goes on and on', () => {
    const loops = '{% for i in (1..9999) %}{% for j in (1..9999) %}{{ i }}{% endfor %}{% endfor %}';
    const started = Date.now();
    expect(failure(loops, { limits: { render: 100 } }).message).toMatch(/render limit exceeded/);
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it.each([
    ['a huge range', '{% for i in (1..1000000000) %}{% endfor %}'],
    ['doubling text', '{% assign x = "aa" %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}'],
    [
      'doubling lists',
      '{% assign x = "a,b" | split: "," %}{% for i in (1..60) %}{% assign x = x | concat: x %}{% endfor %}',
    ],
    [
      'doubling captures',
      '{% assign x = "aa" %}{% for i in (1..60) %}{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}',
    ],
    [
      'quoting large text',
      '{% assign x = "aaaaaaaa" %}{% for i in (1..24) %}{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}{{ x | shell_quote }}',
    ],
  ])('refuse %s', (_what, template) => {
    expect(failure(template).message).toMatch(/limit exceeded|Invalid string length/);
  });

  it('refuse a template, a compressed template, a compressed value and a script that are too large', () => {
    expect(failure('x'.repeat(1_000_001)).message).toMatch(/parse length limit exceeded/);
    const bomb = compressed('x'.repeat(2_000_000));
    expect(bomb.length).toBeLessThan(5_000);
    expect(failure(bomb).message).toMatch(/larger than 1000000 bytes/);
    expect(failure('{{ instance_yml | uncompress }}', { instanceYml: bomb }).message).toMatch(/larger than/);
    const large = { instanceYml: 'y'.repeat(300_000) };
    expect(failure('{{ instance_yml }}'.repeat(4), large).message).toMatch(/longer than 1000000 characters/);
  });
});

describe('env_for', () => {
  const environment = {
    INIT_ENV_RSA_KEY_ORG_STAGING_2: 'the key',
    INIT_ENV_PLAIN: 'plain',
    INIT_ENV_EMPTY: '',
    AWS_SECRET_ACCESS_KEY: 'aws-secret',
    X_INIT_ENV_PLAIN: 'not this',
  };

  it('reads the variable that name and fields make, upper case, with underscores', () => {
    expect(render('{{ "RSA_KEY" | env_for: "site", "env" }}', { environment })).toBe('the key');
    expect(render('{{ "rsa-key" | env_for: "site", "env" }}', { environment })).toBe('the key');
    expect(render('{{ "PLAIN" | env_for }}', { environment })).toBe('plain');
  });

  it('names the variable that is missing', () => {
    const error = failure('\n{{ "RSA_KEY" | env_for: "site" }}', { environment });
    expect(error).toMatchObject({ kind: 'unprocessable', code: 'init-script-variable-missing' });
    expect(error.message).toMatch(/INIT_ENV_RSA_KEY_ORG, which is not set.*\(line 2\)/);
    expect(failure('{{ "EMPTY" | env_for }}', { environment }).message).toMatch(/INIT_ENV_EMPTY/);
  });

  it('reads nothing that does not begin INIT_ENV_', () => {
    expect(failure('{{ "AWS_SECRET_ACCESS_KEY" | env_for }}', { environment }).message).toMatch(
      /INIT_ENV_AWS_SECRET_ACCESS_KEY/,
    );
  });

  it('goes by the build’s own fields, whatever the template assigned', () => {
    const template = '{% assign site = "com" %}{{ "RSA_KEY" | env_for: "site", "env" }}';
    expect(render(template, { environment })).toBe('the key');
  });

  it.each(['nope', 'constructor', 'tags', 'boot_instance'])('refuses %s as a field', (field) => {
    expect(failure(`{{ "X" | env_for: "${field}" }}`, { environment }).message).toMatch(/no field of the build/);
  });

  it('says where a build leaves the field empty', () => {
    expect(failure('{{ "X" | env_for: "key_name" }}', { environment }).message).toMatch(/leaves empty/);
  });
});

describe('uncompress', () => {
  it('turns gzip in base64 into text, from the environment too', () => {
    const environment = { INIT_ENV_YML: compressed('a: ü\n') };
    expect(render('{{ "YML" | env_for | uncompress }}', { environment })).toBe('a: ü\n');
  });

  it('says what it could not read, not what it was given', () => {
    const { message } = failure('{{ instance_yml | uncompress }}', { instanceYml: 'not-compressed-secret' });
    expect(message).toMatch(/the text is not gzip in base64/);
    expect(message).not.toMatch(/not-compressed-secret/);
  });
});

describe('errors', () => {
  it.each([
    ['the key', '{{ [instance_rsa] }}'],
    ['the YAML', '{{ [instance_yml] }}'],
    ['the environment', '{% assign x = "KEY" | env_for %}{{ [x] }}'],
    ['the credential', '{{ [instance_build_url] }}'],
  ])('do not quote %s, nor does their cause', (_what, template) => {
    const error = failure(template, {
      instanceRsa: 'planted-rsa-value',
      instanceYml: 'planted-yml-value',
      environment: { INIT_ENV_KEY: 'planted-environment-value' },
    });
    expect(error.message).toMatch(/undefined variable/);
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toMatch(/planted|the-secret/);
  });

  it('name what keeps a worker from starting', () => {
    expect(() => checkInitScriptTemplate('{% if site %}')).toThrow(/line 1: tag {% if site %} not closed/);
    expect(() => checkInitScriptTemplate('H4sIAAAAAAAA')).toThrow(/not gzip in base64/);
    expect(() => checkInitScriptTemplate('#!/bin/sh\necho {{ site }}')).not.toThrow();
  });
});
