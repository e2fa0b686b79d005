import { EXIT, type Failure } from '../failures.js';
import type { Colors } from './printer.js';

/** A failure as people read it: what is wrong, each part of it, the request, and what to do now. */
export function describeFailure({ exitCode, message, details }: Failure, colors: Colors): string {
  const { lines = [], request, next } = details;
  const head = exitCode === EXIT.interrupted ? message : `${colors.red('Error:')} ${message}`;
  return [head, ...lines, request && colors.dim(request), next].filter(Boolean).join('\n  ');
}
