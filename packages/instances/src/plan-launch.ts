import type { BuildRequest, LaunchPlan } from './build.js';
import { BUILD_TAG, INSTALL_TAG, type CloudImage } from './instance.js';

export interface LaunchFacts {
  readonly build_id: string;
  /** Counts the launches of this build that EC2 must not take for the same one; 1 is the first. */
  readonly attempt: number;
  readonly request: BuildRequest;
  readonly image: CloudImage;
  readonly install_id: string;
}

/** All but the security group, which may be still to be made. */
export type PlannedLaunch = Omit<LaunchPlan, 'security_group_ids'>;

/** EC2's limit on a client token: 64 ASCII characters. */
const MAX_TOKEN_LENGTH = 64;

/** Decides the parameters of the one `RunInstances` of a build. The same facts give the same plan. */
export function planLaunch(facts: LaunchFacts): PlannedLaunch {
  const { request, image } = facts;
  return {
    client_token: clientToken(facts.build_id, facts.attempt),
    image_id: image.ami,
    instance_type: request.instance_type,
    count: request.count,
    ...(request.subnet_id === undefined ? {} : { subnet_id: request.subnet_id }),
    ...(request.iam_instance_profile === undefined ? {} : { iam_instance_profile: request.iam_instance_profile }),
    ...(request.key_name === undefined ? {} : { key_name: request.key_name }),
    ...(request.root_volume_gb === undefined
      ? {}
      : { root_volume: { device_name: image.root_device_name, size_gb: request.root_volume_gb } }),
    tags: planTags(facts.build_id, facts.install_id, request),
  };
}

/** The tags of what a build makes. The house's own win over the caller's: lists, filters and the sweep go by them. */
export function planTags(
  buildId: string,
  installId: string,
  request: Pick<BuildRequest, 'tags' | 'role' | 'site' | 'env' | 'queue'>,
): Record<string, string> {
  return {
    ...request.tags,
    role: request.role,
    site: request.site,
    env: request.env,
    queue: request.queue,
    [BUILD_TAG]: buildId,
    [INSTALL_TAG]: installId,
  };
}

/** The name of the group that a build makes. It tells the build, so that a retry finds the group of a former attempt. */
export function securityGroupName(buildId: string): string {
  return `quartermaster-${buildId}`;
}

/**
 * User data that has cloud-init fetch and run the build's init script, once an instance.
 * `webUrl` may have a path and a trailing slash. The credential in it is the build's own.
 */
export function planUserData(webUrl: string, buildId: string, secret: string): string {
  return `#include-once ${urlWithCredential(webUrl, `init-scripts/${encodeURIComponent(buildId)}`, secret)}\n`;
}

/** Where an instance reports to (`PATCH`), with the build's own credential. */
export function instanceBuildUrl(webUrl: string, buildId: string, secret: string): string {
  return urlWithCredential(webUrl, `instance-builds/${encodeURIComponent(buildId)}`, secret);
}

function urlWithCredential(webUrl: string, path: string, secret: string): string {
  const url = new URL(webUrl);
  url.username = 'x';
  url.password = secret;
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  url.search = '';
  url.hash = '';
  return url.href;
}

function clientToken(buildId: string, attempt: number): string {
  const token = `${buildId}-${attempt}`;
  if (token.length <= MAX_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new RangeError(`not usable as a client token of EC2 (at most ${MAX_TOKEN_LENGTH} ASCII characters): ${token}`);
}
