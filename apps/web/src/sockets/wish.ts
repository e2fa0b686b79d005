import {
  monitorQuerySchema,
  registerQuerySchema,
  type RegisterOptions,
  type SubscribeOptions,
} from '@quartermaster/discovery';
import { validateQuery } from '../validate.js';

/** Where a WebSocket may be opened. */
export type SocketPath = '/etcd/register' | '/etcd/monitor';

/** What a socket is opened for. */
export interface Wish extends SubscribeOptions {
  /** The node to register, where it registers one. */
  readonly registers?: Pick<RegisterOptions, 'service' | 'node'>;
}

export function isSocketPath(path: string): path is SocketPath {
  return path === '/etcd/register' || path === '/etcd/monitor';
}

/** Reads the query of an upgrade; of a repeated parameter the first counts. Throws 400 naming each that is wrong. */
export function parseWish(path: SocketPath, query: URLSearchParams): Wish {
  const sent = Object.fromEntries([...query].reverse());
  if (path === '/etcd/monitor') {
    const { monitor, since } = validateQuery(monitorQuerySchema, sent);
    return { services: monitor, since };
  }
  const { service, ip, port, monitor, since } = validateQuery(registerQuerySchema, sent);
  return { services: [...new Set([service, ...monitor])], since, registers: { service, node: { ip, port } } };
}
