import { createLogger as createWinston, format, transports } from 'winston';
import { createRedactor } from './redact.js';
import { writeToStandardOutput } from './standard-output.js';
import { toOneLine } from './text.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** What the house logs with. Fields are data, the message is a sentence without data. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
  /** The same log with fields on every line, e.g. a request id. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'json' | 'pretty';
  /** The process that speaks: `web`, `worker` … */
  readonly process: string;
  /** Values that must not appear, see `secretValues`. */
  readonly secrets: readonly string[];
  /** Where lines go; standard output unless told otherwise. */
  readonly write?: (line: string) => void;
}

const LEVELS = { fatal: 0, error: 1, warn: 2, info: 3, debug: 4 } as const;
const COLOURS = { fatal: 35, error: 31, warn: 33, info: 36, debug: 90 } as const;

type Level = keyof typeof LEVELS;

/** A redacting logger on winston: JSON lines for production, one readable line each for people. */
export function createLogger(options: LoggerOptions): Logger {
  const redact = createRedactor(options.secrets);
  const timeOfNow = createClock();
  const line = format.printf((info) => {
    const { level } = info;
    const shown = redact(info) as Record<string, unknown>;
    const message = String(shown['message']);
    const time = timeOfNow();
    if (options.format === 'json') {
      // What stands here first comes first in the line.
      return JSON.stringify(Object.assign({ time, level, process: options.process, message }, shown, { message }));
    }
    const { level: _level, message: _message, ...fields } = shown;
    return prettyLine(level, message, time, fields);
  });
  const winston = createWinston({
    levels: LEVELS,
    level: options.level,
    format: line,
    transports: [new LineTransport(options.write ?? writeToStandardOutput)],
  });

  const make = (bound: LogFields): Logger => {
    const write = (level: Level): Logger['info'] => {
      // Winston would format and redact such a line before it drops it.
      if (!winston.isLevelEnabled(level)) return () => {};
      return (message, fields) => void winston.log({ ...bound, ...fields, level, message });
    };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      fatal: write('fatal'),
      child: (fields) => make({ ...bound, ...fields }),
    };
  };
  return make({});
}

/** ISO 8601 UTC; made once a millisecond. */
function createClock(): () => string {
  let at = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) text = new Date(now).toISOString();
    at = now;
    return text;
  };
}

/** Where winston puts the text of a line that is formatted. */
const MESSAGE = Symbol.for('message');

/** Winston's console, but for what takes its lines; `isUrgent` says that the process may be about to end. */
class LineTransport extends transports.Console {
  constructor(private readonly writeLine: (line: string, isUrgent: boolean) => void) {
    super();
  }

  override log(info: { readonly level: Level; readonly [MESSAGE]: string }, done: () => void): void {
    this.writeLine(info[MESSAGE], LEVELS[info.level] <= LEVELS.error);
    done();
  }
}

/** What was sent by somebody may be in all of it: none of that may end the line, or speak to the terminal. */
function prettyLine(level: string, message: string, time: string, fields: Record<string, unknown>): string {
  const colour = COLOURS[level as keyof typeof COLOURS] ?? 0;
  const shown = Object.entries(fields).map(([name, value]) => {
    if (typeof value === 'object' && value !== null && 'stack' in value) {
      const lines = String(value.stack).split('\n');
      return lines.map((line) => `\n  ${toOneLine(line)}`).join('');
    }
    return toOneLine(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  });
  const levelText = process.stdout.isTTY ? `\u001b[${colour}m${level}\u001b[0m` : level;
  return [time.slice(11, 19), levelText, toOneLine(message), ...shown].join(' ');
}

/** A logger that says nothing, for code under test whose log does not matter. */
export function createSilentLogger(): Logger {
  const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, fatal() {}, child: () => silent };
  return silent;
}
