/** One thing that was really done. Never carries user data or tokens. */
export interface Effect {
  readonly seq: number;
  readonly time: string;
  readonly service: string;
  readonly action: string;
  readonly request_id: string;
  readonly [detail: string]: unknown;
}

export interface RequestRecord {
  readonly seq: number;
  readonly time: string;
  readonly service: string;
  readonly action: string;
  /** `ok`, the service's error code, or what a fault did: `dropped-before`, `dropped-after`. */
  readonly outcome: string;
  readonly request_id: string;
  /** Which application the client says it is (`AWS_SDK_UA_APP_ID`); missing where it says nothing. */
  readonly application?: string;
}

/** What was done and what was asked, for tests and demonstrations. */
export interface Records {
  addEffect(service: string, action: string, requestId: string, details: Readonly<Record<string, unknown>>): void;
  effects(since?: number, action?: string): readonly Effect[];
  addRequest(service: string, action: string, requestId: string, outcome: string, application?: string): void;
  requests(): { counts: Record<string, Record<string, number>>; log: readonly RequestRecord[] };
  clear(): void;
}

/** A long soak would otherwise keep every request; effects are few and all kept. */
const KEPT_REQUESTS = 10_000;

export function createRecords(now: () => number): Records {
  let effects: Effect[] = [];
  let requests: RequestRecord[] = [];
  let counts: Record<string, Record<string, number>> = {};
  let effectSeq = 0;
  let requestSeq = 0;

  return {
    addEffect(service, action, requestId, details) {
      effectSeq += 1;
      effects.push({
        seq: effectSeq,
        time: new Date(now()).toISOString(),
        service,
        action,
        request_id: requestId,
        ...details,
      });
    },
    effects(since = 0, action) {
      return effects.filter((effect) => effect.seq > since && (action === undefined || effect.action === action));
    },
    addRequest(service, action, requestId, outcome, application) {
      requestSeq += 1;
      const ofService = (counts[service] ??= {});
      ofService[action] = (ofService[action] ?? 0) + 1;
      const time = new Date(now()).toISOString();
      const ofApplication = application === undefined ? {} : { application };
      requests.push({ seq: requestSeq, time, service, action, outcome, request_id: requestId, ...ofApplication });
      // Cut in big steps: shifting an array on every request would cost more than the request.
      if (requests.length >= 2 * KEPT_REQUESTS) requests = requests.slice(-KEPT_REQUESTS);
    },
    requests: () => ({ counts, log: requests.slice(-KEPT_REQUESTS) }),
    clear() {
      effects = [];
      requests = [];
      counts = {};
      effectSeq = 0;
      requestSeq = 0;
    },
  };
}
