import type { Api } from '../harness/api';
import type { PlannedFault } from './faults';
import type { Random } from './random';
import type { Settings } from './product';
import type { RedisView } from './redis-view';

/** What a stream can reach: the product from outside, as its clients do, and whatever tells the truth about it. */
export interface World {
  /** `web`, with a token, a time limit on every answer, and no repeats of its own. */
  readonly api: Api;
  readonly sandbox: Api;
  readonly redis: RedisView;
  readonly seed: number;
  /** A source of chance that these words and the seed decide. */
  random(...words: readonly (string | number)[]): Random;
  /** Lines of the processes' logs that have this word in them, 40 at most. */
  logLines(word: string): Promise<string[]>;
}

/** Something that must not be. `orphan`: nobody's, and still there. */
export interface Finding {
  readonly kind: 'lost' | 'doubled' | 'orphan';
  /** What it is about: a build id, an instance id… */
  readonly subject: string;
  readonly what: string;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  /** For the table; messages that came more than once are counted here, for those are at least once. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Compares what clients were told with what the outside says was done. Pure, so that tests can show what it finds. */
export type Checker<Evidence> = (evidence: Evidence) => Verdict;

/** Clients of one part of the product. */
export interface Stream {
  /** How many requests were acknowledged so far. */
  acknowledged(): number;
  /**
   * Sends requests, `rate` a second, until the signal; then ends what was begun: every request is repeated, as the
   * documentation tells clients to, until it is acknowledged.
   */
  run(rate: number, signal: AbortSignal): Promise<void>;
  /** What still moves; empty when everything has come to rest. Asked after the end of chaos and faults. */
  unsettled(): Promise<string[]>;
  /** Gathers the evidence and has it checked. */
  check(): Promise<Verdict>;
  /** For people: everything known about the subject of a finding. */
  describe(subject: string): Promise<string>;
}

/** A part of the product that is soaked: add one here and to `streams/index.ts`. */
export interface Domain {
  readonly name: string;
  /** Requests a second unless the command says otherwise. */
  readonly rate: number;
  /** Faults of the sandbox that its clients must not notice; the seed may decide. */
  readonly faults: readonly PlannedFault[] | ((seed: number) => readonly PlannedFault[]);
  /** Variables of the processes besides those of every run (see `product.ts`). */
  readonly settings?: (seed: number) => Settings;
  createStream(world: World): Stream;
}
