import type { Context } from '../../context.js';
import { EXIT, Failure } from '../../failures.js';
import { counted } from '../../output/counted.js';
import type { Instance } from './fleet.js';

/** How far one of them is. */
export interface Termination {
  readonly id: string;
  /** Missing where there is no such instance. */
  readonly instance?: Instance;
  readonly state: 'untried' | 'accepted' | 'terminated' | 'gone' | 'failed' | 'open';
  readonly failure?: Failure;
}

const WORDS = {
  untried: 'was not tried',
  accepted: 'is being terminated',
  terminated: 'is terminated',
  gone: 'is gone',
  failed: 'could not be terminated',
  // The answer was lost.
  open: 'may be on its way',
} as const;

export function isSettled({ state }: Termination): boolean {
  return state === 'terminated' || state === 'gone' || state === 'failed';
}

export function isFailed({ state }: Termination): boolean {
  return state === 'failed' || state === 'untried' || state === 'open';
}

function sentence({ id, state, failure }: Termination): string {
  return `${id} ${WORDS[state]}${failure === undefined ? '.' : `: ${failure.message}`}`;
}

/** A line for each that is settled since `former`. Of one alone a failure is the error itself. */
export function newsOf(now: readonly Termination[], former?: readonly Termination[]): readonly string[] {
  return now
    .filter((one, i) => isSettled(one) && one.state !== former?.[i]?.state)
    .filter((one) => now.length > 1 || !isFailed(one))
    .map((one) => sentence(one));
}

/** As the API answers it, for --json. */
function bodyOf({ state, failure }: Termination): object {
  if (failure !== undefined || state === 'untried') return { error: failure?.message ?? WORDS.untried };
  return { ok: state === 'accepted' ? 'working on that' : 'terminated' };
}

/** What has come of each. */
export function showTerminations({ print }: Context, all: readonly Termination[]): void {
  const [first] = all;
  const body =
    all.length === 1 && first !== undefined
      ? bodyOf(first)
      : { instances: all.map((one) => ({ id: one.id, ...bodyOf(one) })) };
  print.result(body, () => {
    if (all.length === 1 && first !== undefined) return print.line(sentence(first));
    print.table(
      all,
      [
        { title: 'ID', of: ({ id }) => id },
        { title: 'NAME', of: ({ instance }) => instance?.name },
        { title: 'OUTCOME', of: ({ state }) => WORDS[state] },
      ],
      '',
    );
  });
}

/** Says of all that failed why, and what to do about each. */
export function failureOf(all: readonly Termination[]): Failure | undefined {
  const failures = all.flatMap(({ failure }) => failure ?? []);
  const [first] = failures;
  if (first === undefined || all.length === 1) return first;
  const exitCode = failures.some((one) => one.exitCode === EXIT.unreachable) ? EXIT.unreachable : EXIT.failed;
  const what = all.some(({ state }) => state === 'open')
    ? 'are not known to be terminated: an answer was lost'
    : 'could not be terminated';
  const message = `${all.filter(isFailed).length} of ${counted(all.length, 'instance')} ${what}.`;
  const reasons = failures.flatMap(({ message, details: { lines = [], request, next } }) => [
    message,
    ...[...lines, request, next].flatMap((line) => (line === undefined ? [] : `  ${line}`)),
  ]);
  return new Failure(exitCode, message, { lines: reasons });
}
