import { readFileSync } from 'node:fs';
import { AppError, describeError, tellCall, type Logger } from '@quartermaster/foundation';
import { Etcd3, EtcdLeaseInvalidError, isRecoverableError, type IOptions } from 'etcd3';
import type { EtcdConfig } from '../etcd-settings.js';

/** A call fails when it has no answer after this; of several members the next one is asked after the shorter time. */
const CALL_LIMIT_MS = { one: 2000, several: 1200 } as const;
/** No call is tried once more when it has taken so long. */
const RETRY_WITHIN_MS = 1300;
const RETRY_PAUSE_MS = 100;
/** No more than one round of new clients in this time, however many calls complain. */
const RENEW_EVERY_MS = 1000;

const GRPC_OPTIONS = {
  // A connection that nothing passes on any more is noticed after 15 s, should nothing else notice it earlier.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5000,
  // etcd drops a client that pings without a call; one that waits for nothing need not know.
  'grpc.keepalive_permit_without_calls': 0,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.min_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 1000,
  // A new client must not be given the old one's dead connection.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': 256 * 1024 * 1024,
} as const;

/**
 * etcd3's client on one member, renewed on the next one whenever it looks dead. etcd3's own ways to resume are not used: its watch begins behind changes
 * that it has not delivered when it reconnects early, and stays silent after a compaction; its leases take a connection
 * each and report a loss late; its circuit breaker refuses calls for 5 s after etcd is back (etcd3 1.1.2).
 */
export interface EtcdConnection {
  client(): Etcd3;
  /** Runs one call, in trouble once more while there is time. Rejects with `etcd-unavailable`. */
  call<T>(what: (client: Etcd3) => Promise<T>): Promise<T>;
  /** This client seems to be cut off: a new one takes its place, unless that has happened. */
  renew(suspect: Etcd3): void;
  /** Called after a renewal: streams of the old client are to be opened anew. Returns how to stop that. */
  onRenewed(listener: () => void): () => void;
  close(): void;
}

export function connectEtcd(config: EtcdConfig, log: Logger): EtcdConnection {
  const options = etcdOptions(config);
  const hosts = config.ETCD_HOSTS;
  const callLimitMs = hosts.length > 1 ? CALL_LIMIT_MS.several : CALL_LIMIT_MS.one;
  const listeners = new Set<() => void>();
  /** Processes begin at different members. */
  let turn = Math.floor(Math.random() * hosts.length);
  const open = (): Etcd3 => new Etcd3({ ...options, hosts: hosts[turn % hosts.length] ?? '' });
  let client = open();
  let renewedAt = performance.now();
  let answeredAt = 0;
  let isLost = false;
  let isClosed = false;

  const renew = (suspect: Etcd3): void => {
    if (isClosed || suspect !== client || performance.now() - renewedAt < RENEW_EVERY_MS / hosts.length) return;
    renewedAt = performance.now();
    turn += 1;
    client = open();
    suspect.close();
    for (const listener of listeners) listener();
  };

  const attempt = async <T>(what: (client: Etcd3) => Promise<T>): Promise<T> => {
    const used = client;
    try {
      const result = await withinLimit(what(used), callLimitMs);
      answeredAt = performance.now();
      return result;
    } catch (error) {
      // A connection on which others are answered is busy, not dead.
      const isDead = error instanceof NoAnswer && performance.now() - answeredAt > callLimitMs;
      // One member that refuses connects again by itself; of several, the next one is better.
      if (isDead || (hosts.length > 1 && isPassing(error))) renew(used);
      throw error;
    }
  };

  return {
    client: () => client,
    call: async (what) => {
      const startedAt = performance.now();
      for (;;) {
        try {
          const result = await attempt(what);
          tellCall('etcd', 'call', 'ok');
          if (isLost) log.info('etcd is back');
          isLost = false;
          return result;
        } catch (error) {
          tellCall('etcd', 'call', isLeaseGone(error) ? 'refused' : 'failed');
          if (isLeaseGone(error)) throw error;
          const hasTime = performance.now() - startedAt < RETRY_WITHIN_MS;
          if (hasTime && !isClosed && isPassing(error)) {
            await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
            continue;
          }
          if (!isLost && !isClosed) log.warn('etcd is out of reach', { error: describeError(error) });
          isLost = true;
          throw asEtcdFailure(error);
        }
      }
    },
    renew,
    onRenewed: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => {
      isClosed = true;
      listeners.clear();
      client.close();
    },
  };
}

/** Whether etcd says that it does not know a lease: it has run out, or was revoked. */
export function isLeaseGone(error: unknown): boolean {
  return error instanceof EtcdLeaseInvalidError;
}

class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** etcd3 has no limit of its own for whatever comes before the call, such as logging in. */
async function withinLimit<T>(call: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer('etcd has not answered in time')), limitMs);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
    call.catch(() => undefined);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof NoAnswer || (error instanceof Error && isRecoverableError(error));
}

function asEtcdFailure(error: unknown): AppError {
  const isRefused = error instanceof Error && /permission denied|authentication failed|user name/i.test(error.message);
  const message = isRefused ? 'etcd refuses what we ask of it, or its user and password.' : 'etcd does not answer.';
  return new AppError('unavailable', isRefused ? 'etcd-refused' : 'etcd-unavailable', message, {
    retryAfterSeconds: 2,
    cause: error,
  });
}

/** What goes straight through: retries and limits are ours. */
const NO_POLICY = {
  execute: async <T>(run: (context: { signal: AbortSignal }) => PromiseLike<T> | T): Promise<T> =>
    await run({ signal: new AbortController().signal }),
} as unknown as NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

function etcdOptions(config: EtcdConfig): Omit<IOptions, 'hosts'> {
  const { ETCD_HOSTS, ETCD_USERNAME, ETCD_PASSWORD, ETCD_CA, ETCD_CERT, ETCD_KEY } = config;
  // Behind our own limit: its passing is what makes us look for another connection.
  const deadline = (): { deadline: number } => ({ deadline: Date.now() + CALL_LIMIT_MS.one + 500 });
  const isSecure = ETCD_HOSTS.some((host) => host.startsWith('https://'));
  const pem = {
    ...(ETCD_CA === undefined ? {} : { rootCertificate: readPem(ETCD_CA) }),
    ...(ETCD_KEY === undefined ? {} : { privateKey: readPem(ETCD_KEY) }),
    ...(ETCD_CERT === undefined ? {} : { certChain: readPem(ETCD_CERT) }),
  };
  return {
    grpcOptions: GRPC_OPTIONS,
    defaultCallOptions: ({ isStream }) => (isStream ? {} : deadline()),
    faultHandling: { host: () => NO_POLICY, global: NO_POLICY },
    // Without a root certificate gRPC takes its own list, and client certificates work all the same.
    ...(isSecure && Object.keys(pem).length > 0 ? { credentials: pem as NonNullable<IOptions['credentials']> } : {}),
    ...(ETCD_USERNAME === undefined
      ? {}
      : { auth: { username: ETCD_USERNAME, password: ETCD_PASSWORD ?? '', callOptions: deadline } }),
  };
}

function readPem(text: string): Buffer {
  if (text.startsWith('-----BEGIN ')) return Buffer.from(text.replaceAll('\\n', '\n'));
  return text.startsWith('/') ? readFileSync(text) : Buffer.from(text, 'base64');
}
