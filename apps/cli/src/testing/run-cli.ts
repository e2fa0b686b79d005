import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Command } from '../command.js';
import type { ExitCode } from '../failures.js';
import type { Prompts } from '../output/prompts.js';
import { run } from '../run.js';

/** A request that the server of a test has had. */
export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An answer: status and JSON; `cut` breaks the connection instead. */
export type Answer =
  | 'cut'
  | {
      readonly status?: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface TestServer {
  readonly url: string;
  readonly seen: SeenRequest[];
  close(): Promise<void>;
}

/** A real HTTP server that answers as told; what it has no answer for is 404 `unknown-path`, as of Quartermaster. */
export async function serve(answer: (request: SeenRequest) => Answer | undefined): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const asked = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      seen.push(asked);
      const given = answer(asked) ?? refusal(404, 'unknown-path', 'There is nothing here.');
      if (given === 'cut') {
        request.socket.destroy();
        return;
      }
      const type = given.text === undefined ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8';
      const isEmpty = given.text === undefined && given.json === undefined;
      response.writeHead(given.status ?? 200, { ...(isEmpty ? {} : { 'content-type': type }), ...given.headers });
      response.end(given.text ?? (given.json === undefined ? '' : JSON.stringify(given.json)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An error as the API writes it. */
export function refusal(status: number, code: string, detail: string): Answer {
  return { status, json: { errors: [{ status: String(status), code, title: 'No', detail }] } };
}

export interface RunOptions {
  readonly url?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly home?: string;
  readonly stdin?: string | Promise<string>;
  /** Both outputs are a terminal. */
  readonly isTerminal?: boolean;
  readonly prompts?: Partial<Prompts>;
  readonly signal?: AbortSignal;
}

export interface Ran {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing can be made below it, whoever runs the tests. */
const NO_HOME = '/dev/null/home';

export const TEST_TOKEN = 'unit-test-token-0123456789';

/** Runs what a person would type, in this process, with its output caught. */
export async function runCli(
  commands: readonly Command[],
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const { url, env = {}, isTerminal = false } = options;
  let [stdout, stderr] = ['', ''];
  const refuse = (): never => {
    throw new Error('nobody is there to be asked');
  };
  const code = await run(
    {
      argv,
      env: { ...(url === undefined ? {} : { QUARTERMASTER_URL: url, QUARTERMASTER_TOKEN: TEST_TOKEN }), ...env },
      home: options.home ?? NO_HOME,
      stdout: { write: (part) => (stdout += part), isTTY: isTerminal, columns: 100 },
      stderr: { write: (part) => (stderr += part), isTTY: isTerminal, columns: 100 },
      prompts: { isInteractive: false, input: refuse, secret: refuse, confirm: refuse, ...options.prompts },
      signal: options.signal ?? new AbortController().signal,
      version: '1.2.3',
      readStdin: () => Promise.resolve(options.stdin ?? ''),
    },
    commands,
  );
  return { code, stdout, stderr };
}
