import { isServiceName, type ServiceNode } from './node.js';

/** A node came (or registered anew), left on purpose, or vanished: its lease ran out, or somebody deleted its key. */
export type KeyEvent = 'PUT' | 'DELETE' | 'EXPIRE';

/**
 * What a socket is told about a service. `services` holds all nodes that the service has *after* the change, as Hound
 * Dog's README has it ("array of current services under namespace") and as `GET /etcd/services/:service` answers; it is
 * empty when the last one has gone. So any single message sets a reader right, however much it has missed, and a
 * snapshot is a message like any other.
 */
export interface ServiceMessage {
  readonly namespace: string;
  readonly body: { readonly key_event: KeyEvent; readonly services: readonly ServiceNode[] };
  /** etcd's revision; never less than that of the message before it. */
  readonly id: number;
}

/** Somebody's own event, as it was sent to `POST /etcd/event`. A broadcast has the namespace `*`. */
export interface CustomMessage {
  readonly namespace: string;
  readonly body: { readonly event_type: string; readonly event_body: unknown };
  readonly id: number;
}

export type Message = ServiceMessage | CustomMessage;

export const BROADCAST = '*';

/** An event of the user's own, as it is sent: to everybody, or to those who follow one of the services. */
export interface CustomEvent {
  readonly event_type: string;
  /** Whatever the sender says; Hound Dog's was always a string. */
  readonly event_body: unknown;
  readonly services: readonly string[];
  readonly broadcast: boolean;
}

/** One thing to tell. A reader gets the first of the messages whose namespace it follows, and so the event once. */
export interface Telling {
  readonly revision: number;
  readonly messages: readonly Message[];
}

export function formatEvent(event: CustomEvent): string {
  const { event_type, event_body, services, broadcast } = event;
  return JSON.stringify({ event_type, event_body, ...(broadcast ? { broadcast } : { services }) });
}

/** A custom event as it stands in etcd, as what is to be told; `undefined` where it is none. */
export function parseEvent(value: string, revision: number): Telling | undefined {
  const event = parseObject(value);
  if (event === undefined || typeof event['event_type'] !== 'string') return undefined;
  const body = { event_type: event['event_type'], event_body: event['event_body'] ?? '' };
  const named = Array.isArray(event['services']) ? event['services'] : [];
  const namespaces = event['broadcast'] === true ? [BROADCAST] : named.filter((name) => isServiceName(String(name)));
  if (namespaces.length === 0) return undefined;
  return { revision, messages: namespaces.map((name) => ({ namespace: String(name), body, id: revision })) };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
