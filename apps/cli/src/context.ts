import type { AnsweredRequest, Api } from './api/api.js';
import type { Account, Settings } from './config/settings.js';
import type { Printer } from './output/printer.js';
import type { Progress } from './output/progress.js';
import type { Prompts } from './output/prompts.js';

/** What a command has to work with: all that it reads, asks, calls and prints goes through here. */
export interface Context {
  /** Made when it is first used. @throws Failure (usage) without a URL or token. */
  readonly api: Api;
  /** The CouchDB account. @throws Failure (usage) where none is given. */
  readonly account: Account;
  readonly settings: Settings;
  readonly print: Printer;
  readonly prompts: Prompts;
  /** `--json`: standard output has one JSON value and nothing else. */
  readonly isJson: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** The user's home; empty where there is none. */
  readonly home: string;
  /** The API at another address or with another token than what is set; for `setup` and `doctor`. */
  connect(url: string, token?: string): Api;
  openProgress(): Progress;
  /** What was answered last, by whom ever; undefined while nothing has been. */
  lastAnswer(): AnsweredRequest | undefined;
  /** Milliseconds since 1970. */
  now(): number;
  /** @throws the signal's reason when it is aborted meanwhile. */
  sleep(ms: number): Promise<void>;
}

/** The name by which messages call the program; `qm` is the same. */
export const PROGRAM = 'quartermaster';
