import type { Api, ApiRequest } from './api.js';
import { Unreachable } from './api-failure.js';

/** What the server says of itself to everybody. */
export interface Greeting {
  readonly version: string;
  /** Milliseconds since 1970, by the server's clock; to the second. */
  readonly time: number | undefined;
}

/** `GET /`. @throws Unreachable where something else than Quartermaster answers. */
export async function readGreeting(api: Api, limits: Pick<ApiRequest, 'timeoutMs'> = {}): Promise<Greeting> {
  const { status, body, headers } = await api.request({ method: 'GET', path: '/', isAnonymous: true, ...limits });
  const [, version] = /\bQuartermaster (\d[^\s]*?)\.?(\s|$)/.exec(String(body)) ?? [];
  if (version === undefined) {
    const reason = 'something answers there, but it is not Quartermaster';
    throw new Unreachable({ method: 'GET', url: `${api.url}/`, reason, answer: `${status}`, mayHaveArrived: true });
  }
  const time = Date.parse(headers.get('date') ?? '');
  return { version, time: Number.isNaN(time) ? undefined : time };
}
