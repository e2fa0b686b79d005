// The sandbox as the cloud, and what the product needs to speak to it.
import { findFreePort } from '@quartermaster/testing';
import { startNode, waitUntil } from './processes.mjs';

const MINUTE_MS = '60000';

export async function startSandbox() {
  const port = String(await findFreePort());
  const url = `http://127.0.0.1:${port}`;
  const process = startNode('apps/sandbox/dist/main.js', {
    SANDBOX_PORT: port,
    SANDBOX_BOOT_MS: MINUTE_MS,
    LOG_LEVEL: 'warn',
  });
  await waitUntil(
    async () => (await fetch(`${url}/_sandbox/health`)).ok,
    () => `No sandbox: ${process.errors()}`,
  );
  return {
    url,
    stop: process.stop,
    seed: async (instances) => {
      const answer = await fetch(`${url}/_sandbox/seed`, { method: 'POST', body: JSON.stringify({ instances }) });
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
    },
    /** For worker and mini-worker. */
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_SECRET_ACCESS_KEY: 'sandbox-secret',
      AWS_EC2_METADATA_DISABLED: 'true',
      SLACK_API_URL: `${url}/api/`,
      SLACK_TOKEN: 'xoxb-sandbox-token',
    },
  };
}
