import { createRedactor, type Environment } from '@quartermaster/foundation';
import type { Template } from 'liquidjs';
import type { BuildRequest } from '../build.js';
import { DEFAULT_INIT_SCRIPT_TEMPLATE } from './default-template.js';
import { createInitEnvironment } from './environment-lookup.js';
import { createLiquidEngine, ENGINE_LIMITS, type EngineLimits } from './liquid-engine.js';
import { templateError } from './template-error.js';
import { templateText } from './uncompress.js';

export interface InitScriptOptions {
  /** LiquidJS, plain or as gzip in base64; the house's own where none is given. */
  readonly template?: string;
  /** Where `env_for` reads; only its `INIT_ENV_…` entries are kept. */
  readonly environment: Environment;
  readonly instanceRsa?: string;
  readonly instanceYml?: string;
  /** Other limits than the product's, for tests. */
  readonly limits?: Partial<EngineLimits>;
}

/** A build as a template sees it: the request, its id, and (once resolved) the image. */
export interface InitScriptBuild extends BuildRequest {
  readonly id: string;
}

export interface InitScriptRenderer {
  /**
   * The script of a build. `instanceBuildUrl` carries the build's credential.
   * Throws `unprocessable`: `init-script-template` (with line and cause), `init-script-variable-missing` (by name).
   */
  render(build: InitScriptBuild, urls: { readonly instanceBuildUrl: string }): string;
}

/** What a script may be, in characters. */
const MAX_SCRIPT_LENGTH = 1_000_000;

/**
 * Reads the template once and makes a renderer of it. Throws `unprocessable` `init-script-template` where the template
 * does not parse, so that a worker refuses to start on it.
 *
 * A template sees every field of the build (those not given are the empty string, which Liquid takes as true: compare
 * with `!= ""`), `build_id`, `instance_build_url`, `instance_yml`, `instance_rsa`, and besides Liquid's own filters
 * `env_for`, `uncompress` and `shell_quote`.
 */
export function createInitScriptRenderer(options: InitScriptOptions): InitScriptRenderer {
  const environment = createInitEnvironment(options.environment);
  const secrets = [options.instanceRsa ?? '', options.instanceYml ?? '', ...environment.values];
  const redact = createRedactor(secrets);
  const clean = (text: string): string => String(redact(text));

  const engine = createLiquidEngine(environment.lookup, { ...ENGINE_LIMITS, ...options.limits });
  const template = parse(() => engine.parse(templateText(options.template ?? DEFAULT_INIT_SCRIPT_TEMPLATE)), clean);

  return {
    render: (build, { instanceBuildUrl }) => {
      try {
        const variables = templateVariables(build, options, instanceBuildUrl);
        const script = renderPatiently(() => engine.renderSync(template, variables) as string);
        if (script.length <= MAX_SCRIPT_LENGTH) return script;
        throw new Error(`the script is longer than ${MAX_SCRIPT_LENGTH} characters`);
      } catch (error) {
        throw templateError(error, clean);
      }
    },
  };
}

/**
 * The engine's limit of time goes by the clock on the wall: a process that was stopped for a while is over it without
 * having worked. A template that really runs away is over it twice.
 */
function renderPatiently(render: () => string): string {
  try {
    return render();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('render limit')) throw error;
    return render();
  }
}

/** Throws `unprocessable` `init-script-template` where a template (as configured) does not parse. */
export function checkInitScriptTemplate(template: string): void {
  createInitScriptRenderer({ template, environment: {} });
}

function parse(read: () => Template[], clean: (text: string) => string): Template[] {
  try {
    return read();
  } catch (error) {
    throw templateError(error, clean);
  }
}

function templateVariables(
  build: InitScriptBuild,
  options: InitScriptOptions,
  instanceBuildUrl: string,
): Record<string, unknown> {
  return {
    id: build.id,
    build_id: build.id,
    site: build.site,
    env: build.env,
    queue: build.queue,
    role: build.role,
    instance_type: build.instance_type,
    count: build.count,
    ami: build.ami ?? '',
    subnet_id: build.subnet_id ?? '',
    security_group_id: build.security_group_id ?? '',
    iam_instance_profile: build.iam_instance_profile ?? '',
    key_name: build.key_name ?? '',
    root_volume_gb: build.root_volume_gb ?? '',
    tags: { ...build.tags },
    name_template: build.name_template,
    slack_channel: build.slack_channel ?? '',
    boot_instance: build.boot_instance,
    instance_build_url: instanceBuildUrl,
    instance_yml: options.instanceYml ?? '',
    instance_rsa: options.instanceRsa ?? '',
  } satisfies Record<keyof InitScriptBuild, unknown> & Record<string, unknown>;
}
