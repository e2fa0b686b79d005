import { Liquid, type Context, type FS } from 'liquidjs';
import type { EnvironmentLookup } from './environment-lookup.js';
import { shellQuote } from './shell-quote.js';
import { uncompress } from './uncompress.js';

export interface EngineLimits {
  /** Characters of the template. */
  readonly parse: number;
  /** Milliseconds of one rendering. */
  readonly render: number;
  /** LiquidJS's count of what it allocates: characters of strings, entries of arrays. */
  readonly memory: number;
}

/** A rendering of a real template takes a millisecond or two. */
export const ENGINE_LIMITS: EngineLimits = { parse: 1_000_000, render: 2_000, memory: 10_000_000 };

/** Tags that would read files. */
const FILE_TAGS = ['include', 'render', 'layout', 'block'] as const;

/**
 * LiquidJS without a file system, strict, limited, with the house's filters. Switching the file system off and setting
 * the limits are needed: by default `{% render %}` reads the working directory and a long loop blocks for as long as it
 * likes (see liquidjs.com/tutorials/security-model.html). LiquidJS escapes nothing: values must go through `shell_quote`.
 */
export function createLiquidEngine(lookup: EnvironmentLookup, limits: EngineLimits): Liquid {
  const liquid = new Liquid({
    fs: NO_FILES,
    relativeReference: false,
    dynamicPartials: false,
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    parseLimit: limits.parse,
    renderLimit: limits.render,
    memoryLimit: limits.memory,
  });
  for (const tag of FILE_TAGS) {
    liquid.registerTag(tag, {
      parse: () => {
        throw new Error(`the tag "${tag}" is not available, because templates have no files`);
      },
      render: () => '',
    });
  }
  liquid.registerFilter('shell_quote', function (value: unknown) {
    return shellQuote(counted(this.context, textOf(value)));
  });
  liquid.registerFilter('uncompress', function (value: unknown) {
    return counted(this.context, uncompress(counted(this.context, textOf(value))));
  });
  liquid.registerFilter('env_for', function (name: unknown, ...fields: unknown[]) {
    const values = fields.map((field) => fieldValue(this.context, textOf(field)));
    return counted(this.context, lookup(textOf(name), values));
  });
  return liquid;
}

/** Counts text against the memory limit: LiquidJS does it for its own filters only. */
function counted(context: Context, text: string): string {
  context.memoryLimit.use(text.length);
  return text;
}

/** A field of the build itself, even where the template has assigned to its name. */
function fieldValue(context: Context, field: string): string {
  const fields = context.environments as Record<string, unknown>;
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new Error(`env_for names "${field}", which is no field of the build`);
  }
  if (value === '') throw new Error(`env_for names "${field}", which this build leaves empty`);
  return String(value);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`a filter was given ${value === null || value === undefined ? 'nothing' : 'a list'} instead of text`);
}

/** LiquidJS's own file system stays out of reach even where a tag should find a way around `FILE_TAGS`. */
const NO_FILES: FS = {
  exists: () => Promise.resolve(false),
  existsSync: () => false,
  readFile: () => Promise.reject(new Error('templates have no files')),
  readFileSync: () => {
    throw new Error('templates have no files');
  },
  resolve: (_directory, file) => file,
  contains: () => Promise.resolve(false),
  containsSync: () => false,
};
