import { miniWorkerVariables } from '../../apps/mini-worker/src/config';
import { sandboxVariables } from '../../apps/sandbox/src/config';
import { webVariables } from '../../apps/web/src/config';
import { workerVariables } from '../../apps/worker/src/config';

export const PROCESSES = ['web', 'worker', 'mini-worker'] as const;
export type ProcessName = (typeof PROCESSES)[number];

const SCHEMAS = {
  web: webVariables,
  worker: workerVariables,
  'mini-worker': miniWorkerVariables,
  sandbox: sandboxVariables,
};

/** What the AWS SDK reads by itself. */
const AWS_OWN = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL'];

/** Names of the variables that a process reads. */
export function variablesOf(name: ProcessName | 'sandbox'): string[] {
  const named = Object.keys(SCHEMAS[name]);
  return name === 'worker' || name === 'mini-worker' ? [...named, ...AWS_OWN] : named;
}

/** Names of the variables that a process does not start without; not web's tokens, which come in either of two. */
export function neededBy(name: ProcessName): string[] {
  return Object.entries(SCHEMAS[name])
    .filter(([, schema]) => (schema.describe() as { flags?: { presence?: string } }).flags?.presence === 'required')
    .map(([variable]) => variable);
}

/** What `web` must not be given: bin/web takes away what matches, where it can't be helped. */
export const CLOUD_CREDENTIAL = /^(AWS_|KUBE|INIT_ENV_|SLACK_TOKEN$|INSTANCE_|INIT_SCRIPT_|STATUS_FORWARD_)/;
