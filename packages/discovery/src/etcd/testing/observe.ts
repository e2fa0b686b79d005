import { createSilentLogger } from '@quartermaster/foundation';
import { createEtcdDiscovery, type EtcdDiscoveryOptions } from '../discovery.js';
import type { Discovery } from '../../discovery.js';
import type { Message, ServiceMessage } from '../../message.js';
import { formatAddress } from '../../node.js';

/** A reader that keeps what it was told. */
export interface Observer {
  readonly messages: readonly Message[];
  /** The addresses of a service as the last message about it had them. */
  view(service: string): readonly string[];
  /** `PUT a 10.0.0.1:80,10.0.0.2:80` for each message about a service. */
  lines(): string[];
  end(): void;
}

export function observe(discovery: Discovery, services: readonly string[], since?: number): Observer {
  const messages: Message[] = [];
  const subscription = discovery.subscribe(
    { services, since },
    {
      send: (data) => void messages.push(JSON.parse(data.toString()) as Message),
      unsentBytes: () => 0,
      close: () => {},
    },
  );
  const ofServices = (): ServiceMessage[] =>
    messages.filter((message): message is ServiceMessage => 'key_event' in message.body);
  const addresses = (message: ServiceMessage | undefined): string[] =>
    (message?.body.services ?? []).map(formatAddress);
  return {
    messages,
    view: (service) => addresses(ofServices().findLast(({ namespace }) => namespace === service)),
    lines: () =>
      ofServices().map((message) =>
        `${message.body.key_event} ${message.namespace} ${addresses(message).join(',')}`.trim(),
      ),
    end: () => subscription.end(),
  };
}

/** One process's discovery, for the member at a URL; what it registers outlives any pause of a busy machine. */
export function openDiscovery(
  url: string,
  options: Partial<EtcdDiscoveryOptions> & { ttlMs?: number } = {},
): Discovery {
  const { ttlMs = 60_000, ...rest } = options;
  return createEtcdDiscovery({
    config: { ETCD_HOSTS: [url], ETCD_TTL: ttlMs },
    log: createSilentLogger(),
    compareEveryMs: 2000,
    jitterMs: 300,
    ...rest,
  });
}

/** Nothing twice: no two messages with the same id say the same of the same service; and none out of order. */
export function assertOnceAndInOrder(observer: Observer): void {
  const seen = new Set<string>();
  let last = 0;
  for (const { id, namespace, body } of observer.messages) {
    if (id < last) throw new Error(`${id} was told after ${last}`);
    last = id;
    const what = `${id} ${namespace} ${'key_event' in body ? body.key_event : body.event_type}`;
    if (seen.has(what)) throw new Error(`told twice: ${what}`);
    seen.add(what);
  }
}
