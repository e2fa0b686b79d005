import { EXIT, type ExitCode, type Failure } from '../../failures.js';

export type CheckState = 'ok' | 'warning' | 'problem';

/** One thing that `doctor` has looked at. */
export interface Check {
  readonly name: string;
  readonly state: CheckState;
  readonly detail: string;
  /** The request that failed, and what came of it. */
  readonly request?: string;
  /** What to do about it, a sentence. */
  readonly next?: string;
  /** How the program ends for it. */
  readonly exitCode: ExitCode;
}

export function ok(name: string, detail: string): Check {
  return { name, state: 'ok', detail, exitCode: EXIT.done };
}

export function warning(name: string, detail: string, next?: string): Check {
  return { name, state: 'warning', detail, ...(next !== undefined && { next }), exitCode: EXIT.done };
}

export function problem(name: string, detail: string, next?: string, exitCode: ExitCode = EXIT.failed): Check {
  return { name, state: 'problem', detail, ...(next !== undefined && { next }), exitCode };
}

export function problemOf(name: string, { message, details, exitCode }: Failure): Check {
  const { request, next } = details;
  return { ...problem(name, message, next, exitCode), ...(request !== undefined && { request }) };
}

/** The worst decides: not reached before not set before failed. */
export function exitCodeOf(checks: readonly Check[]): ExitCode {
  return checks.reduce<ExitCode>((worst, { exitCode }) => (exitCode > worst ? exitCode : worst), EXIT.done);
}
