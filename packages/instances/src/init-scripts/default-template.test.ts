import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInitScriptRenderer, type InitScriptBuild } from './create-renderer.js';
import { shellQuote } from './shell-quote.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'init-script-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Everything that a shell or a template might act on; `touch` would leave a trace. */
function hostileTexts(trace: string): string[] {
  return [
    `$(touch ${trace})`,
    `\`touch ${trace}\``,
    `'; touch ${trace}; '`,
    `"; touch ${trace}; "`,
    `'"'"'$(touch ${trace})`,
    `line\n touch ${trace}\n`,
    `\\'; touch ${trace} #`,
    `\${HOME:+$(touch ${trace})}`,
    `%s %n \\n \\x41 !! ~ * ? [a] {b,c} && touch ${trace} | tee >( touch ${trace} )`,
    `{{ instance_rsa }}{% include 'x' %}`,
    `ü 🚀 \t \u001b[31m \r`,
    `-n`,
    '',
  ];
}

function buildWith(fields: Partial<InitScriptBuild>): InitScriptBuild {
  return {
    id: '4f3c2b1a-0000-4000-8000-000000000001',
    site: 'org',
    env: 'staging',
    queue: 'docker',
    role: 'worker',
    instance_type: 'c3.2xlarge',
    count: 2,
    tags: {},
    name_template: '{{ role }}',
    boot_instance: true,
    ...fields,
  };
}

/** Runs a script by bash with a `curl` that writes its arguments down and plays the metadata service. */
function run(script: string): string[][] {
  const calls = join(directory, 'calls');
  const curl = `#!/bin/bash
printf '%s\\0' "$@" >> ${calls}; printf 'END\\0' >> ${calls}
case "$*" in *api/token) echo the-token;; *meta-data/instance-id) echo i-0abc;; esac
`;
  writeFileSync(join(directory, 'curl'), curl, { mode: 0o755 });
  writeFileSync(join(directory, 'script'), script, { mode: 0o700 });
  execFileSync('bash', [join(directory, 'script')], {
    env: { PATH: `${directory}:/usr/bin:/bin`, HOME: directory, QUARTERMASTER_DIRECTORY: join(directory, 'etc') },
    cwd: directory,
  });
  const [...parts] = readFileSync(calls, 'utf8').split('END\0');
  return parts.filter((part) => part !== '').map((part) => part.split('\0').slice(0, -1));
}

/** What the written file says when a shell sources it, by name. */
function sourced(names: readonly string[]): string[] {
  const print = names.map((name) => `printf '%s\\0' "\${${name}}"`).join('; ');
  const output = execFileSync('bash', ['-c', `set -u; source "$1"; ${print}`, 'bash', join(directory, 'etc/instance')]);
  return output.toString().split('\0').slice(0, -1);
}

const url = 'https://x:s3cret@qm.example.com/instance-builds/b1';

describe('the default init script', () => {
  it('writes the fields and reports with the instance id that IMDSv2 gave it', () => {
    const calls = run(createInitScriptRenderer({ environment: {} }).render(buildWith({}), { instanceBuildUrl: url }));
    expect(sourced(['QUARTERMASTER_SITE', 'QUARTERMASTER_COUNT', 'QUARTERMASTER_NAME_TEMPLATE'])).toEqual([
      'org',
      '2',
      '{{ role }}',
    ]);
    expect(calls).toHaveLength(3);
    expect(calls[0]).toEqual(expect.arrayContaining(['PUT', 'http://169.254.169.254/latest/api/token']));
    expect(calls[1]).toContain('X-aws-ec2-metadata-token: the-token');
    expect(calls[2]).toEqual(expect.arrayContaining(['PATCH', '--retry', 'state=finished', 'instance-id=i-0abc', url]));
  });

  it('writes YAML and key as they are, readable for root only, and no file where there is none', () => {
    const instanceRsa = '-----BEGIN KEY-----\n$(touch x)\n-----END KEY-----';
    const options = { environment: {}, instanceRsa, instanceYml: "a: 'b'\nc: `d`" };
    run(createInitScriptRenderer(options).render(buildWith({}), { instanceBuildUrl: url }));
    expect(readFileSync(join(directory, 'etc/instance.rsa'), 'utf8')).toBe(`${instanceRsa}\n`);
    expect(readFileSync(join(directory, 'etc/instance.yml'), 'utf8')).toBe(`${options.instanceYml}\n`);
    expect(statSync(join(directory, 'etc/instance.rsa')).mode & 0o777).toBe(0o600);

    rmSync(join(directory, 'etc'), { recursive: true });
    run(createInitScriptRenderer({ environment: {} }).render(buildWith({}), { instanceBuildUrl: url }));
    expect(readdirSync(join(directory, 'etc'))).toEqual(['instance']);
  });

  it('carries hostile values through, unchanged and without effect, when it runs and when its file is sourced', () => {
    const trace = join(directory, 'trace');
    const texts = hostileTexts(trace);
    for (const text of texts) {
      const asked = buildWith({ slack_channel: text, key_name: text, tags: { [`${text}k`]: text } });
      run(createInitScriptRenderer({ environment: {} }).render(asked, { instanceBuildUrl: url }));
      expect(sourced(['QUARTERMASTER_SLACK_CHANNEL', 'QUARTERMASTER_KEY_NAME', 'QUARTERMASTER_TAGS[0]'])).toEqual([
        text,
        text,
        `${text}k=${text}`,
      ]);
    }
    expect(existsSync(trace)).toBe(false);
  });
});

describe('shell_quote', () => {
  it.each(['sh', 'bash'])('gives %s back every text as one word', (shell) => {
    const trace = join(directory, 'trace');
    const texts = hostileTexts(trace);
    const script = `for word in ${texts.map(shellQuote).join(' ')}; do printf '%s\\0' "$word"; done`;
    expect(execFileSync(shell, ['-c', script]).toString().split('\0').slice(0, -1)).toEqual(texts);
    expect(existsSync(trace)).toBe(false);
  });

  it('refuses NUL, which no word can hold', () => {
    expect(() => shellQuote('a\0b')).toThrow(/NUL/);
  });
});
