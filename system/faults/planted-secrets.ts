import { randomBytes } from 'node:crypto';

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
const rsaLine = (): string => randomBytes(48).toString('base64');

/** Secrets of every kind that the product is given, new ones for every run. */
export const PLANTED = {
  apiToken: `planted-api-token-${hex(8)}`,
  deployToken: `planted-deploy-token-${hex(8)}`,
  adminToken: `planted-admin-token-${hex(8)}`,
  wrongToken: `planted-wrong-token-${hex(8)}`,
  initScriptKey: `planted-init-script-key-${hex(16)}`,
  instanceRsa: `-----BEGIN RSA PRIVATE KEY-----\n${[1, 2, 3, 4].map(rsaLine).join('\n')}\n-----END RSA PRIVATE KEY-----`,
  initEnvironment: `planted-init-env-value-${hex(8)}`,
  databasePassword: `planted-yml-password-${hex(8)}`,
  slackToken: `xoxb-${hex(6)}-planted${hex(8)}`,
  awsSecretKey: `plantedAws/Secret+Key${hex(12)}`,
  awsSessionToken: `plantedSession+Token/${randomBytes(60).toString('base64')}`,
  redisPassword: `planted-redis/pass word+${hex(8)}`,
  sentryKey: hex(16),
  etcdPassword: `planted-etcd/pass word+${hex(8)}`,
  etcdKey: `-----BEGIN PRIVATE KEY-----\n${[1, 2, 3].map(rsaLine).join('\n')}\n-----END PRIVATE KEY-----`,
  templateLiteral: `planted-template-literal-${hex(8)}`,
} as const;

export const INSTANCE_YML = `database:\n  host: db.example.com\n  password: ${PLANTED.databasePassword}\n`;

/** A template that uses every secret it can get, and fails in three ways on request. */
export const TEMPLATE = `#!/bin/bash
# build {{ id }} reports to {{ instance_build_url }}
export LITERAL="${PLANTED.templateLiteral}"
export API_KEY={{ "API_KEY" | env_for: "site" | shell_quote }}
cat > /etc/instance.rsa <<< {{ instance_rsa | shell_quote }}
cat > /etc/instance.yml <<< {{ instance_yml | shell_quote }}
{% if queue == "undefined" %}PASSWORD="${PLANTED.templateLiteral}" {{ instance_rsa }} {{ not_a_variable }}{% endif %}
{% if queue == "packed" %}PASSWORD="${PLANTED.templateLiteral}" {{ instance_yml | uncompress }}{% endif %}
{% if queue == "unset" %}{{ "NOT_SET" | env_for: "site" }}{% endif %}
`;

/** What each process is given of it. */
export function plantedSettings(
  redisUrl: string,
  sentryPort: number,
  etcd: { readonly url: string; readonly user: string },
): Record<'web' | 'worker' | 'miniWorker', Record<string, string>> {
  const url = new URL(redisUrl);
  url.password = encodeURIComponent(PLANTED.redisPassword);
  const everywhere = { REDIS_URL: url.href, SENTRY_DSN: `http://${PLANTED.sentryKey}@127.0.0.1:${sentryPort}/1` };
  const aws = { AWS_SECRET_ACCESS_KEY: PLANTED.awsSecretKey };
  const tokens = `deploy:${PLANTED.deployToken},admin:${PLANTED.adminToken}`;
  const discovery = {
    ETCD_HOSTS: etcd.url,
    ETCD_TTL: '3s',
    ETCD_USERNAME: etcd.user,
    ETCD_PASSWORD: PLANTED.etcdPassword,
    // Given only: the etcd of the tests speaks no TLS.
    ETCD_KEY: PLANTED.etcdKey,
  };
  return {
    web: { ...everywhere, ...discovery, AUTH_TOKEN: PLANTED.apiToken, AUTH_TOKENS: tokens },
    worker: {
      ...everywhere,
      ...aws,
      SLACK_TOKEN: PLANTED.slackToken,
      INIT_SCRIPT_KEY: PLANTED.initScriptKey,
      INIT_SCRIPT_TEMPLATE: TEMPLATE,
      INIT_ENV_API_KEY_ORG: PLANTED.initEnvironment,
      INSTANCE_RSA: PLANTED.instanceRsa,
      INSTANCE_YML,
      JOB_ATTEMPTS: '3',
    },
    miniWorker: { ...everywhere, ...aws },
  };
}
