import { openSync } from 'node:fs';
import { WriteStream } from 'node:tty';
import { EXIT, Failure, usageFailure } from '../failures.js';

export interface Prompts {
  /** Somebody is there to be asked: input is a terminal. */
  readonly isInteractive: boolean;
  /** @throws Failure (interrupted) on Ctrl-C. */
  input(
    question: string,
    options?: { readonly default?: string; readonly check?: (text: string) => true | string },
  ): Promise<string>;
  /** What is typed is not shown. @throws Failure (interrupted) on Ctrl-C. */
  secret(question: string, check?: (text: string) => true | string): Promise<string>;
  /** No is what Enter means. @throws Failure (interrupted) on Ctrl-C. */
  confirm(question: string): Promise<boolean>;
}

/** As much of the process as prompts need. */
export interface Terminal {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

const CONTROLLING_TERMINAL = '/dev/tty';

/**
 * Where questions go: standard error, as standard output has results only; if that is redirected, any terminal there is.
 * @throws Failure (usage) where there is none, for whom nobody can see.
 */
export function outputOfQuestions({ stdout, stderr }: Terminal, tty = CONTROLLING_TERMINAL): NodeJS.WritableStream {
  if (stderr.isTTY === true) return stderr;
  if (stdout.isTTY === true) return stdout;
  try {
    return new WriteStream(openSync(tty, 'w'));
  } catch {
    throw usageFailure(
      'Input is a terminal, but there is none to show a question on.',
      'Where it is to be done without a question, give --yes; everything else can be given by options: --help names them.',
    );
  }
}

/** Asks on the terminal of this process. A question that is open ends with `signal`. */
export function createPrompts(terminal: Terminal, signal: AbortSignal): Prompts {
  const context = (): { output: NodeJS.WritableStream; signal: AbortSignal } => ({
    output: outputOfQuestions(terminal),
    signal,
  });
  const asked = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name))
        throw new Failure(EXIT.interrupted, 'Interrupted.');
      throw error;
    }
  };
  // Loaded when somebody is asked: the other commands start faster.
  return {
    isInteractive: terminal.stdin.isTTY === true,
    input: async (message, { default: standard, check } = {}) => {
      const { default: input } = await import('@inquirer/input');
      const given = { ...(standard === undefined ? {} : { default: standard }), ...(check && { validate: check }) };
      return asked(input({ message, ...given }, context()));
    },
    secret: async (message, check) => {
      const { default: password } = await import('@inquirer/password');
      return asked(password({ message, mask: false, ...(check && { validate: check }) }, context()));
    },
    confirm: async (message) => {
      const { default: confirm } = await import('@inquirer/confirm');
      return asked(confirm({ message, default: false }, context()));
    },
  };
}
