import { EXIT, Failure } from '../failures.js';

export interface Prompts {
  /** Somebody can be asked: input and output are a terminal. */
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

/** Asks on the terminal of this process. The questions go to standard error: standard output has results only. */
export function createPrompts(isInteractive: boolean): Prompts {
  const context = { output: process.stderr };
  const asked = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof Error && error.name === 'ExitPromptError')
        throw new Failure(EXIT.interrupted, 'Interrupted.');
      throw error;
    }
  };
  // Loaded when somebody is asked: the other commands start faster.
  return {
    isInteractive,
    input: async (message, { default: standard, check } = {}) => {
      const { default: input } = await import('@inquirer/input');
      const given = { ...(standard === undefined ? {} : { default: standard }), ...(check && { validate: check }) };
      return asked(input({ message, ...given }, context));
    },
    secret: async (message, check) => {
      const { default: password } = await import('@inquirer/password');
      return asked(password({ message, mask: false, ...(check && { validate: check }) }, context));
    },
    confirm: async (message) => {
      const { default: confirm } = await import('@inquirer/confirm');
      return asked(confirm({ message, default: false }, context));
    },
  };
}
