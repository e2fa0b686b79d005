import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chooseToken, createEnvironments, givenRedisUrl } from './environment.mjs';

const folder = mkdtempSync(join(tmpdir(), 'quartermaster-'));
after(() => rmSync(folder, { recursive: true }));

const settings = {
  folder,
  port: 5001,
  webUrl: 'http://127.0.0.1:5001',
  sandboxPort: 5051,
  sandboxUrl: 'http://127.0.0.1:5051',
  redisUrl: 'redis://127.0.0.1:6391',
  token: 'a-token-of-sixteen-or-more',
};
const environments = (inherited) => createEnvironments(inherited, settings);

test('no process gets what reaches a real cloud', () => {
  const real = {
    AWS_PROFILE: 'p',
    AWS_SESSION_TOKEN: 's',
    ACCESS_KEY_ID: 'k',
    SLACK_TOKEN: 'xoxb-real',
    KUBECONFIG: '/k',
  };
  for (const environment of Object.values(environments(real))) {
    for (const [name, value] of Object.entries(real)) assert.notEqual(environment[name], value, name);
  }
});

test('web gets a token and a port, and nothing of the workers', () => {
  const { web } = environments({
    INSTANCE_RSA: 'key',
    INIT_ENV_A: 'a',
    INIT_SCRIPT_KEY: 'k',
    LOG_LEVEL: 'debug',
    HOST: 'me',
  });
  assert.equal(web.AUTH_TOKEN, settings.token);
  assert.deepEqual([web.PORT, web.HOST, web.LOG_LEVEL], ['5001', '127.0.0.1', 'debug']);
  const unwanted = Object.keys(web).filter((name) => /^(AWS_|SLACK_TOKEN|INSTANCE_RSA|INIT_)/.test(name));
  assert.deepEqual(unwanted, []);
});

test('etcd is for web alone: ours, or with none of ours whatever the caller named', () => {
  const all = environments({ ETCD_HOSTS: '10.0.0.1:2379', ETCD_PASSWORD: 'p', ETCD_NAME: 'n' });
  assert.deepEqual([all.web.ETCD_HOSTS, all.web.ETCD_PASSWORD], ['10.0.0.1:2379', 'p']);
  const others = Object.entries(all).filter(([name]) => name !== 'web');
  for (const [name, environment] of others) {
    const unwanted = Object.keys(environment).filter((key) => /^ETCD_(?!UNSUPPORTED_ARCH$)/.test(key));
    assert.deepEqual(unwanted, [], name);
  }
  const own = createEnvironments({}, { ...settings, etcdHosts: 'http://127.0.0.1:2391' });
  assert.equal(own.web.ETCD_HOSTS, 'http://127.0.0.1:2391');
  assert.equal(environments({}).web.ETCD_HOSTS, undefined);
});

test('workers get the sandbox as their cloud and no token of web', () => {
  const { worker, 'mini-worker': miniWorker } = environments({ AUTH_TOKENS: 'a:0123456789abcdef', INIT_ENV_A: 'a' });
  assert.equal(worker.AWS_ENDPOINT_URL, settings.sandboxUrl);
  assert.equal(worker.SLACK_API_URL, `${settings.sandboxUrl}/api/`);
  assert.equal(worker.STATUS_FORWARD_URL, `${settings.sandboxUrl}/huxley/status`);
  assert.equal(worker.INIT_ENV_A, 'a');
  assert.equal(worker.AUTH_TOKENS, undefined);
  assert.deepEqual(miniWorker, worker);
});

test('the token is the given one, or one that is kept in a file of its owner only', () => {
  assert.equal(chooseToken({ AUTH_TOKEN: 'given' }, folder), 'given');
  assert.equal(chooseToken({ AUTH_TOKENS: 'alice:to:ken,bob:other' }, folder), 'to:ken');
  const kept = chooseToken({}, folder);
  assert.match(kept, /^[0-9a-f]{48}$/);
  assert.equal(chooseToken({ AUTH_TOKEN: '' }, folder), kept);
  assert.equal(statSync(join(folder, 'token')).mode & 0o777, 0o600);
});

test('a Redis is given by REDIS_URL or by the variable that REDIS_PROVIDER names', () => {
  assert.equal(givenRedisUrl({}), undefined);
  assert.equal(givenRedisUrl({ REDIS_URL: '' }), undefined);
  assert.equal(givenRedisUrl({ REDIS_URL: 'redis://a' }), 'redis://a');
  assert.equal(
    givenRedisUrl({ REDIS_PROVIDER: 'OTHER_URL', OTHER_URL: 'redis://b', REDIS_URL: 'redis://a' }),
    'redis://b',
  );
  assert.equal(environments({ REDIS_PROVIDER: 'OTHER_URL' }).web.REDIS_PROVIDER, undefined);
});
