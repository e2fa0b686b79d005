import { AppError, type Environment } from '@quartermaster/foundation';

/** Only variables of this prefix can be read from a template, whatever it asks for. */
const PREFIX = 'INIT_ENV_';

/** Finds `INIT_ENV_<NAME>_<VALUE>_…`; throws `unprocessable` `init-script-variable-missing` that names what is not set. */
export type EnvironmentLookup = (name: string, values: readonly string[]) => string;

export interface InitEnvironment {
  readonly lookup: EnvironmentLookup;
  /** The values, for a redactor. */
  readonly values: readonly string[];
}

/** Keeps the `INIT_ENV_…` entries of an environment and nothing else. An empty entry counts as not set. */
export function createInitEnvironment(environment: Environment): InitEnvironment {
  const entries = new Map(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith(PREFIX) && value !== undefined && value !== '' ? [[name, value] as const] : [],
    ),
  );
  return {
    values: [...entries.values()],
    lookup: (name, values) => {
      const variable = PREFIX + [name, ...values].map(variablePart).join('_');
      const value = entries.get(variable);
      if (value !== undefined) return value;
      throw new AppError(
        'unprocessable',
        'init-script-variable-missing',
        `The init script template asks for ${variable}, which is not set for the worker`,
      );
    },
  };
}

/** `staging-2` → `STAGING_2`: what a name of a variable can hold. */
function variablePart(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
}
