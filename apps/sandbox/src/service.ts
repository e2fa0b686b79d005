import type { Fault } from './faults.js';
import type { Answer, Exchange } from './http.js';

/** One outside service, played. Adding one means writing this and naming it in `create-sandbox.ts`. */
export interface Service {
  readonly name: string;
  /** Whether a request is meant for this service. Services are asked in order; the first that says yes answers. */
  accepts(exchange: Exchange): boolean;
  /** The action or method asked for, as faults and records name it. */
  actionOf(exchange: Exchange): string;
  answer(exchange: Exchange): Answer | Promise<Answer>;
  /** How this service says "too many requests" (`throttle`) or "something broke" (`error`). */
  refuse(exchange: Exchange, fault: Fault): Answer;
}
