import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface RawOptions {
  readonly method?: string;
  /** Name and value in turn, sent as they are: also twice, empty, or with odd white space. */
  readonly headers?: readonly string[];
  readonly body?: Buffer | string;
}

/** One request on a connection of its own, with headers that `fetch` would put right or refuse. */
export async function rawRequest(url: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { host } = new URL(url);
  const headers = ['Host', host, ...(options.headers ?? [])];
  const length = options.body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(options.body))];
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: options.method ?? 'GET', headers: [...headers, ...length], agent: false },
      (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          reject,
        );
      },
    );
    sent.on('error', reject);
    sent.end(options.body);
  });
}

/** The entries of an error document; throws where the body is none. */
export function errorsOf(body: string): ErrorEntry[] {
  const { errors } = JSON.parse(body) as { errors: ErrorEntry[] };
  for (const entry of errors) {
    const { status, code, title, detail } = entry;
    if ([status, code, title, detail].some((part) => typeof part !== 'string' || part === '')) {
      throw new Error(`Not an error of JSON:API: ${body}`);
    }
  }
  return errors;
}

export interface ErrorEntry {
  readonly status: string;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly source?: { readonly pointer?: string; readonly parameter?: string; readonly header?: string };
}
