import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Api, RequestOptions } from '../harness/api';

/** The end of a request that was repeated until it was settled. */
export interface Settled {
  readonly answer: Answer;
  /** How often it was sent. */
  readonly tries: number;
  /** A former try had no answer, or one that leaves open whether it was accepted. */
  readonly isRepeat: boolean;
}

/** Answers after which a client repeats: nothing is known, or it was too early. */
const REPEATED = new Set([409, 500, 502, 503, 504]);
const IN_FLIGHT = 'request-in-flight';
const PAUSE_MS = [100, 1000] as const;

/** What clients met besides the answers that settled their requests. */
export interface Weather {
  broken: number;
  unavailable: number;
  /** 500s, which no client should ever see; the first few in full. */
  readonly failures: string[];
}

/** Lines of the final table about it. Prints the first few 500s. */
export function tellWeather({ broken, unavailable, failures }: Weather): Record<string, number> {
  for (const failure of failures.slice(0, 5)) process.stdout.write(`A client had a 500: ${failure}\n`);
  return { 'broken or silent connections': broken, 'answers 503': unavailable, 'answers 500': failures.length };
}

/**
 * Sends a request as the documentation tells clients to: after a broken connection, silence or a 503 the same again, with
 * the same `id` or `Idempotency-Key`, until there is an answer that settles it. Gives up never.
 */
export async function sendUntilSettled(
  api: Api,
  path: string,
  options: RequestOptions,
  weather: Weather,
): Promise<Settled> {
  for (let tries = 1, isRepeat = false; ; tries += 1) {
    const answer = await api(path, options).catch(() => undefined);
    if (answer !== undefined && isSettled(answer)) return { answer, tries, isRepeat };
    note(answer, weather);
    isRepeat = true;
    await sleep(Math.min(PAUSE_MS[1], PAUSE_MS[0] * 2 ** Math.min(tries - 1, 5)));
  }
}

function isSettled({ status, text }: Answer): boolean {
  if (status === 409) return !text.includes(IN_FLIGHT);
  return !REPEATED.has(status);
}

function note(answer: Answer | undefined, weather: Weather): void {
  if (answer === undefined) weather.broken += 1;
  else if (answer.status !== 500) weather.unavailable += 1;
  else weather.failures.push(answer.text);
}

/** A client whose every request ends after `limitMs`, if need be without an answer: `web` may be frozen. */
export function withLimit(api: Api, limitMs: number): Api {
  return async (path, options) => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`No answer within ${limitMs} ms`)), limitMs);
    });
    try {
      return (await Promise.race([api(path, options), limit])) as never;
    } finally {
      clearTimeout(timer);
    }
  };
}
