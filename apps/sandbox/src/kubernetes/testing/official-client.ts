import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Json } from '../json.js';

export type ApiName = 'AppsV1Api' | 'CoreV1Api' | 'NetworkingV1Api' | 'PolicyV1Api' | 'VersionApi';

export interface ClientAnswer {
  /** What the client made of the answer, as JSON. */
  readonly value?: Json;
  readonly code?: number;
  readonly body?: Json;
}

/** The official client of Kubernetes, in a process of its own. Calls are made one after the other. */
export interface OfficialClient {
  call(api: ApiName, method: string, parameters: object, contentType?: string): Promise<ClientAnswer>;
  stop(): Promise<void>;
}

export function startOfficialClient(url: string, token?: string): OfficialClient {
  const script = join(__dirname, 'client-process.mjs');
  const child = spawn(process.execPath, [script, url, ...(token === undefined ? [] : [token])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async call(api, method, parameters, contentType) {
      const answered = once(lines, 'line') as Promise<[string]>;
      child.stdin.write(`${JSON.stringify({ api, method, parameters, contentType })}\n`);
      const [line] = await answered;
      return JSON.parse(line) as ClientAnswer;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}
