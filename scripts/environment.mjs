// Which variables which process of bin/up gets: each only its own, and none of a real cloud's.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OF_A_REAL_CLOUD =
  /^(AWS_|KUBE|SLACK_TOKEN$|SLACK_API_URL$|STATUS_FORWARD_URL$|STATUS_FORWARD_TOKEN$|ACCESS_KEY_ID$|SECRET_ACESS_KEY$|REGION$)/;
const OF_WORKERS = /^(INSTANCE_RSA$|INIT_SCRIPT_KEY$|INIT_ENV_)/;
const OF_WEB = /^(AUTH_TOKENS?$|ADMIN_TOKENS$|PORT$|HOST$|ETCD_)/;

const without = (environment, pattern) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !pattern.test(name)));

/** An environment in which nothing can reach a real cloud or a real Slack. */
export function withoutClouds(environment) {
  return without(environment, OF_A_REAL_CLOUD);
}

/** A secret made once and kept in a file that only its owner reads. */
export function keptSecret(folder, name, bytes) {
  const path = join(folder, name);
  try {
    const kept = readFileSync(path, 'utf8').trim();
    if (kept !== '') return kept;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const secret = randomBytes(bytes).toString('hex');
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/** The address of the caller's own Redis, if one is named; an empty variable counts as not set. */
export function givenRedisUrl(environment) {
  return environment[environment.REDIS_PROVIDER?.trim() || 'REDIS_URL'] || undefined;
}

/** The token to show: AUTH_TOKEN, or the first of AUTH_TOKENS (`name:token,…`), or one that is kept for this checkout. */
export function chooseToken(environment, folder) {
  const first = environment.AUTH_TOKENS?.split(',')[0]?.trim();
  const ofList = first ? first.slice(first.indexOf(':') + 1) : undefined;
  return environment.AUTH_TOKEN || ofList || keptSecret(folder, 'token', 24);
}

/** The environment of each process, by name. */
export function createEnvironments(inherited, settings) {
  const { port, webUrl, sandboxPort, sandboxUrl, redisUrl, etcdHosts, token, folder } = settings;
  // REDIS_PROVIDER has been followed already: REDIS_URL says all.
  const { REDIS_PROVIDER: _, ...safe } = withoutClouds(inherited);
  const shared = { ...safe, LOG_FORMAT: safe.LOG_FORMAT || 'pretty', SLACK_CHANNEL: safe.SLACK_CHANNEL || 'general' };
  const product = { ...shared, REDIS_URL: redisUrl, WEB_URL: webUrl };
  const worker = {
    ...without(product, OF_WEB),
    // No profile or metadata service of this machine either.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: sandboxUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
    SLACK_API_URL: `${sandboxUrl}/api/`,
    SLACK_TOKEN: 'xoxb-sandbox-token',
    STATUS_FORWARD_URL: `${sandboxUrl}/huxley/status`,
    KUBERNETES_API_URL: sandboxUrl,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    // Someone is watching: changes in the sandbox should show soon.
    MINI_WORKER_INTERVAL: safe.MINI_WORKER_INTERVAL || '3s',
    INIT_SCRIPT_KEY: safe.INIT_SCRIPT_KEY || keptSecret(folder, 'init-script-key', 32),
  };
  const tokens = safe.AUTH_TOKENS ? {} : { AUTH_TOKEN: token };
  // Nothing of anybody's; etcd would read its own flags from ETCD_… variables.
  const store = without(without(shared, OF_WEB), OF_WORKERS);
  return {
    redis: store,
    // etcd 3.4 asks for this word where its makers have not tried it.
    etcd: process.arch === 'x64' ? store : { ...store, ETCD_UNSUPPORTED_ARCH: process.arch },
    sandbox: {
      ...store,
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_STACKS: safe.SANDBOX_STACKS || 'on',
    },
    // HOST is never taken over: some shells export the machine's name under it.
    web: {
      ...without(product, OF_WORKERS),
      ...tokens,
      ...(etcdHosts ? { ETCD_HOSTS: etcdHosts } : {}),
      PORT: String(port),
      HOST: '127.0.0.1',
    },
    worker,
    'mini-worker': worker,
  };
}
