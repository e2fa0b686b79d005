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
} from '@quartermaster/instances';
import type { InitScriptRenderer } from '@quartermaster/instances/init-scripts';
import type { Journal, Producer } from '@quartermaster/jobs';
import type { Build, Builds, InitScripts, InstanceCache } from '@quartermaster/stores';
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

export async function resolveImage({ ec2 }: BuildInstancesParts, journal: Journal, build: Build): Promise<CloudImage> {
  const { ami, role } = build.request;
  return journal.step('resolve-image', {
    act: async () => {
      if (ami !== undefined) {
        const image = await ec2.findImage(ami);
        if (image !== undefined) return image;
        throw new AppError('unprocessable', 'image-not-found', `There is no image ${ami}.`);
      }
      const image = chooseImage(await ec2.listImages(role), role);
      if (image !== undefined) return image;
      const message = `There is no active image with the tag role=${role}.`;
      throw new AppError('unprocessable', 'no-active-image', message);
    },
  });
}

export async function createGroup(parts: BuildInstancesParts, journal: Journal, build: Build): Promise<string> {
  const { ec2, settings } = parts;
  const { id, request } = build;
  const vpcId = await journal.step('resolve-vpc', { act: () => ec2.resolveVpc(request.subnet_id) });
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

export async function storeInitScript(parts: BuildInstancesParts, journal: Journal, build: Build): Promise<void> {
  const expiresAt = (): number => Date.now() + parts.settings.initScriptTtlMs;
  await journal.step('store-init-script', {
    act: async () => {
      const secret = await keepScript(parts, build);
      await parts.builds.keepCredential(build.id, hashSecret(secret), expiresAt());
    },
  });
}

/** Renders and keeps the script, its time counting from now. The same build gives the same script. */
async function keepScript({ initScripts, renderer, settings }: BuildInstancesParts, build: Build): Promise<string> {
  const secret = buildSecret(build.id, settings.initScriptKey);
  const urls = { instanceBuildUrl: instanceBuildUrl(settings.webUrl, build.id, secret) };
  const script = renderer.render({ ...build.request, id: build.id }, urls);
  await initScripts.keep(build.id, script, settings.initScriptTtlMs);
  return secret;
}

export async function launch(
  { ec2, settings }: BuildInstancesParts,
  journal: Journal,
  build: Build,
  image: CloudImage,
  groupId: string,
): Promise<CloudInstance[]> {
  // Kept before the first call: EC2 takes a repetition for the same launch only when it is the same to the letter.
  const plan = await journal.step('plan-launch', {
    act: () => {
      const { id: build_id, request } = build;
      const facts = { build_id, attempt: ATTEMPT, request, image, security_group_id: groupId };
      return Promise.resolve({
        webUrl: settings.webUrl,
        launch: planLaunch({ ...facts, install_id: settings.installId }),
      });
    },
  });
  return journal.step('run-instances', {
    act: async (guard) => {
      const userData = planUserData(plan.webUrl, build.id, buildSecret(build.id, settings.initScriptKey));
      try {
        return await ec2.runInstances(plan.launch, userData, guard);
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
 * EC2 has answered: the instances are in the cache, the build has started, and its script's time counts anew; kept again,
 * for a launch that took long may have outlived it.
 */
export async function recordLaunch(
  parts: BuildInstancesParts,
  build: Build,
  instances: readonly CloudInstance[],
): Promise<boolean> {
  const { builds, cache, settings } = parts;
  // A template that was changed meanwhile and does not render is no reason to fail a build whose instances run.
  await keepScript(parts, build).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.kind !== 'unprocessable') throw error;
  });
  const now = Date.now();
  await cache.put(instances, now);
  const ids = instances.map((instance) => instance.id);
  return builds.launch(build.id, ids, now + settings.initScriptTtlMs, now);
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
