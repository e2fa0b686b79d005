import type { Readable } from 'node:stream';
import type Joi from 'joi';
import type { Access, Caller } from './authenticate.js';

/** A request as a route sees it: authenticated, its body read, nothing of Express left. */
export interface ApiRequest {
  /** Taken from `X-Request-Id` or made. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** First value of each query parameter. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The whole query as it was sent, without its question mark. */
  readonly search: string;
  readonly caller: Caller;
  readonly body: Buffer;
  /** How long (ms) the caller would wait for the work itself (`Prefer: wait`, or by the route); `undefined`: not at all. */
  readonly waitMs: number | undefined;
  /** The caller does not want to wait, also where others do without having asked to (`Prefer: respond-async`). */
  readonly respondAsync: boolean;
  /** Names what this request makes. A repetition of a broken-off request under one `Idempotency-Key` has the same. */
  readonly operationId: string;
  header(name: string): string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; `content-type` stands in the headers. */
  readonly content?: string | Buffer;
  /** Sent as it comes, as fast as the caller reads, and destroyed when the caller goes; `content-type` stands in the headers. */
  readonly stream?: Readable;
  /** What the request's log line says besides: which build, what came of it. */
  readonly logged?: Readonly<Record<string, unknown>>;
  /** Called once the answer is on its way. */
  readonly after?: () => void;
}

/**
 * What `/openapi.json` says of a route beyond what the route itself tells. A schema here is the object that validates, so
 * the two can't differ. The errors that follow from the rest (access, path parameters, waiting, repeats) are not repeated.
 */
export interface RouteDoc {
  /** A few words. */
  readonly summary: string;
  readonly description?: string;
  /** They check parts of the query. */
  readonly query?: readonly Joi.ObjectSchema[];
  /** Parameters of the query that are read without a schema, and what each means. */
  readonly otherQuery?: Readonly<Record<string, string>>;
  readonly body?: BodyDoc;
  /** Of success by status: what it says, as JSON unless told otherwise; 204 and 304 have no body. */
  readonly answers: Readonly<Record<number, string | AnswerDoc>>;
  /** Errors that nothing else here tells of. */
  readonly errors?: readonly (404 | 409 | 422)[];
  /** A caller can wait for the work itself (`Prefer: wait`). */
  readonly waits?: boolean;
}

export interface BodyDoc {
  /** Any one of these. */
  readonly json?: readonly Joi.ObjectSchema[];
  /** A schema, or the fields by name and what each means where they are read without one. */
  readonly form?: Joi.ObjectSchema | Readonly<Record<string, string>>;
  /** It can be left out. */
  readonly optional?: boolean;
}

export interface AnswerDoc {
  readonly says: string;
  /** Content types without parameters. */
  readonly types: readonly string[];
}

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express path, e.g. `/instances/:id`. */
  readonly path: string;
  readonly access: Access;
  /** Changes something that `READ_ONLY` protects. */
  readonly changes?: boolean;
  /** Honours `Idempotency-Key`. `never`: refuses it, as its answer holds a secret, which is kept nowhere. */
  readonly repeatable?: boolean | 'never';
  /** How long (ms) it waits for a caller who does not say (`Prefer`); not at all where this is left out. */
  readonly waitsMs?: number;
  readonly doc: RouteDoc;
  handle(request: ApiRequest): Promise<Reply>;
}
