import { AppError } from '@quartermaster/foundation';
import {
  buildSecret,
  chooseImage,
  hashSecret,
  instanceBuildUrl,
  nameValues,
  parseNameTemplate,
  planLaunch,
  planTags,
  planUserData,
  renderName,
  securityGroupName,
  type CloudImage,
  type CloudInstance,
  type Ec2Port,
  type PlannedLaunch,
} from '@quartermaster/instances';
import type { InitScriptRenderer } from '@quartermaster/instances/init-scripts';
import type { Journal, Producer } from '@quartermaster/jobs';
import {
  zipScript,
  type Build,
  type Builds,
  type InitScripts,
  type InstanceCache,
  type LaunchOutcome,
  type OpenJob,
  type ZippedScript,
} from '@quartermaster/stores';
import type { Notify } from './notify.js';

export interface BuildInstancesParts {
  readonly ec2: Ec2Port;
  readonly builds: Builds;
  readonly cache: InstanceCache;
  readonly initScripts: InitScripts;
  readonly renderer: InitScriptRenderer;
  readonly producer: Producer;
  readonly notify: Notify;
  readonly settings: BuildSettings;
}

export interface BuildSettings {
  readonly webUrl: string;
  readonly installId: string;
  readonly initScriptKey: string;
  readonly initScriptTtlMs: number;
  readonly sshCidrs: readonly string[];
  readonly reportTimeoutMs: number;
}

/** The first launch of a build is the only one: what EC2 may have taken for done is never launched under another token. */
const ATTEMPT = 1;

/** What a build was resolved to: the same at every try, whatever has changed in EC2 or in our settings meanwhile. */
export interface BuildPlan {
  readonly webUrl: string;
  readonly image: CloudImage;
  /** Where its group is to be made; missing where it uses a group that was given. */
  readonly vpc_id?: string;
  readonly launch: PlannedLaunch;
}

/**
 * Looks everything up and decides. Kept before the first effect: EC2 takes a repetition for the same launch only when it
 * is the same to the letter. It changes nothing, so that a crash on the way loses nothing.
 */
export async function planBuild(parts: BuildInstancesParts, journal: Journal, build: Build): Promise<BuildPlan> {
  const { ec2, settings } = parts;
  const { id: build_id, request } = build;
  return journal.step('plan-build', {
    act: async () => {
      const image = await resolveImage(ec2, build);
      const vpcId = request.security_group_id === undefined ? await ec2.resolveVpc(request.subnet_id) : undefined;
      return {
        webUrl: settings.webUrl,
        image,
        ...(vpcId === undefined ? {} : { vpc_id: vpcId }),
        launch: planLaunch({ build_id, attempt: ATTEMPT, request, image, install_id: settings.installId }),
      };
    },
  });
}

async function resolveImage(ec2: Ec2Port, { request: { ami, role } }: Build): Promise<CloudImage> {
  if (ami !== undefined) {
    const image = await ec2.findImage(ami);
    if (image !== undefined) return image;
    throw new AppError('unprocessable', 'image-not-found', `There is no image ${ami}.`);
  }
  const image = chooseImage(await ec2.listImages(role), role);
  if (image !== undefined) return image;
  throw new AppError('unprocessable', 'no-active-image', `There is no active image with the tag role=${role}.`);
}

/** The group that was given, or one of the build's own in this VPC. */
export async function provideGroup(
  parts: BuildInstancesParts,
  journal: Journal,
  build: Build,
  vpcId: string | undefined,
): Promise<string> {
  const { ec2, settings } = parts;
  const { id, request } = build;
  if (request.security_group_id !== undefined || vpcId === undefined) return request.security_group_id ?? '';
  const name = securityGroupName(id);
  const groupId = await journal.step('create-security-group', {
    act: (guard) => {
      const tags = planTags(id, settings.installId, request);
      const description = `Instances of Quartermaster build ${id}`;
      return ec2.createSecurityGroup({ name, description, vpc_id: vpcId, tags }, guard);
    },
    observe: () => ec2.findSecurityGroup(name, vpcId),
  });
  await journal.step('authorize-ssh', { act: (guard) => ec2.authorizeSsh(groupId, settings.sshCidrs, guard) });
  return groupId;
}

/** Makes a build's init script when first asked, and the same bytes from then on. */
export function createScriptOf({ renderer, settings }: BuildInstancesParts, build: Build): () => ZippedScript {
  let script: ZippedScript | undefined;
  return () => {
    if (script !== undefined) return script;
    const secret = buildSecret(build.id, settings.initScriptKey);
    const urls = { instanceBuildUrl: instanceBuildUrl(settings.webUrl, build.id, secret) };
    return (script = zipScript(renderer.render({ ...build.request, id: build.id }, urls), hashSecret(secret)));
  };
}

export async function storeInitScript(
  { initScripts, settings }: BuildInstancesParts,
  journal: Journal,
  build: Build,
  scriptOf: () => ZippedScript,
): Promise<void> {
  await journal.step('store-init-script', {
    act: () => initScripts.keep(build.id, scriptOf(), settings.initScriptTtlMs, Date.now()),
  });
}

export async function launch(
  { ec2, settings }: BuildInstancesParts,
  journal: Journal,
  build: Build,
  plan: BuildPlan,
  groupId: string,
): Promise<CloudInstance[]> {
  return journal.step('run-instances', {
    act: async (guard) => {
      const userData = planUserData(plan.webUrl, build.id, buildSecret(build.id, settings.initScriptKey));
      try {
        return await ec2.runInstances({ ...plan.launch, security_group_ids: [groupId] }, userData, guard);
      } catch (error) {
        // The key was changed between two tries: what the first one launched is what we want.
        const launched = isParameterMismatch(error) ? await ec2.listInstancesOfBuild(build.id) : [];
        if (launched.length === plan.launch.count) return launched;
        throw error;
      }
    },
  });
}

function isParameterMismatch(error: unknown): boolean {
  return error instanceof AppError && error.code === 'launch-parameters-differ';
}

/**
 * EC2 has answered: the instances are in the cache, the build has started, and its script's time counts anew. What follows
 * is opened with the change of state, and then enqueued.
 */
export async function startBuild(
  parts: BuildInstancesParts,
  journal: Journal,
  build: Build,
  launched: { instances: readonly CloudInstance[]; jobs: readonly OpenJob[]; scriptOf: () => ZippedScript },
): Promise<LaunchOutcome['outcome']> {
  const { builds, cache, producer, settings } = parts;
  const { instances, jobs, scriptOf } = launched;
  return journal.step('start-build', {
    act: async () => {
      const now = Date.now();
      await cache.put(instances, now);
      const script_expires_at = now + settings.initScriptTtlMs;
      const instance_ids = instances.map(({ id }) => id);
      const { outcome, has_script } = await builds.launch(build.id, { instance_ids, script_expires_at, jobs }, now);
      if (outcome === 'failed') return outcome;
      // The launch has taken longer than the script was kept for.
      if (!has_script) await keepScriptAgain(parts, build, scriptOf);
      await Promise.all(jobs.map((job) => producer.dispatch(job)));
      return outcome;
    },
  });
}

/** A template that was changed meanwhile and does not render is no reason to fail a build whose instances run. */
async function keepScriptAgain(
  { initScripts, settings }: BuildInstancesParts,
  build: Build,
  scriptOf: () => ZippedScript,
): Promise<void> {
  try {
    await initScripts.keepAgain(build.id, scriptOf(), settings.initScriptTtlMs);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'unprocessable') throw error;
  }
}

export async function nameInstances(
  { ec2, cache }: BuildInstancesParts,
  journal: Journal,
  build: Build,
  instances: readonly CloudInstance[],
): Promise<void> {
  await journal.step('name-instances', {
    act: async (guard) => {
      const template = parseNameTemplate(build.request.name_template);
      const named = instances.map((instance) => ({
        ...instance,
        name: renderName(template, nameValues(build.id, build.request, instance)),
      }));
      for (const { id, name } of named) await ec2.tagInstance(id, { Name: name }, guard);
      await cache.rename(named, Date.now());
    },
  });
}
