/** An answer, read to its end. */
export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; throws where it is none. */
  json(): T;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

export type Api = <T = unknown>(path: string, options?: RequestOptions) => Promise<Answer<T>>;

/** A client of one server; `headers` go with every request unless the request says otherwise. */
export function createApi(baseUrl: string, headers: Readonly<Record<string, string>> = {}): Api {
  return async <T>(path: string, options: RequestOptions = {}): Promise<Answer<T>> => {
    const { method = options.body === undefined ? 'GET' : 'POST', body } = options;
    const response = await fetch(baseUrl + path, {
      method,
      headers: { ...headers, ...options.headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as T };
  };
}
