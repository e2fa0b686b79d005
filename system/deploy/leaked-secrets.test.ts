import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (path: string): string => readFileSync(join(__dirname, '../..', path), 'utf8');

/** Where the table names a secret by what it is, not by its variable. */
const IN_WORDS: Readonly<Record<string, string>> = {
  AUTH_TOKEN: 'an API token',
  REDIS_URL: 'the password of Redis',
  SLACK_TOKEN: 'AWS, Slack, Sentry',
  SENTRY_DSN: 'AWS, Slack, Sentry',
};

describe('what to do when a secret has leaked (SECURITY.md)', () => {
  const table = read('SECURITY.md').split('## If a secret has leaked')[1] ?? '';
  const secrets = [...read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)` .*\| yes +\|$/gm)].map(
    ([, name = '']) => name,
  );

  it('has an answer for every secret that a process reads', () => {
    const ours = secrets.filter((name) => !name.startsWith('SANDBOX_'));
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.filter((name) => !table.includes(IN_WORDS[name] ?? `\`${name}\``))).toEqual([]);
  });
});
