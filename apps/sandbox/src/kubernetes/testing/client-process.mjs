// The official client in a process of its own: it comes as ES modules alone, which the tests' runner does not load.
// One call a line: {"api","method","parameters","contentType"?}; one answer a line: {"value"} or {"code","body"}.
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  NetworkingV1Api,
  PolicyV1Api,
  setHeaderOptions,
  VersionApi,
} from '@kubernetes/client-node';
import { createInterface } from 'node:readline';

const APIS = { AppsV1Api, CoreV1Api, NetworkingV1Api, PolicyV1Api, VersionApi };
const config = new KubeConfig();
config.loadFromOptions({
  clusters: [{ name: 'sandbox', server: process.argv[2], skipTLSVerify: true }],
  users: [{ name: 'someone', ...(process.argv[3] === undefined ? {} : { token: process.argv[3] }) }],
  contexts: [{ name: 'sandbox', cluster: 'sandbox', user: 'someone' }],
  currentContext: 'sandbox',
});

async function answer({ api, method, parameters, contentType }) {
  const client = config.makeApiClient(APIS[api]);
  const options = contentType === undefined ? undefined : setHeaderOptions('Content-Type', contentType);
  try {
    return { value: await client[method](parameters, options) };
  } catch (error) {
    if (error instanceof ApiException) return { code: error.code, body: JSON.parse(error.body) };
    return { code: 0, body: { message: String(error) } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
