import { code, cutText, escapeMrkdwn, link, shortReason } from './mrkdwn.js';

/** What is told of a build. `href` is its address in the API, without a credential. */
export interface ToldBuild {
  readonly id: string;
  readonly href: string;
  readonly site: string;
  readonly env: string;
  readonly queue: string;
  readonly role: string;
  readonly instance_type: string;
  readonly count: number;
}

export interface ToldInstance {
  readonly id: string;
  /** Empty where it has none. */
  readonly name: string;
}

/** More ids than these are counted, not listed. */
const MAX_LISTED = 20;
const MAX_RECORDS = 10;

/** EC2 has launched a build's instances. */
export function buildLaunched(build: ToldBuild, launched: { ami: string; instance_ids: readonly string[] }): string {
  const what = `${instances(launched.instance_ids.length)} of type ${code(build.instance_type)}`;
  return told(
    `Started ${what} from ${code(launched.ami)} for ${place(build)}: ${list(launched.instance_ids)} (${reference(build)})`,
  );
}

/** A build without instances: its init script is stored (`boot_instance` false). */
export function buildStored(build: ToldBuild): string {
  return told(`Stored the init script for ${place(build)}; no instance was asked for (${reference(build)})`);
}

/** A build has failed and nothing of it runs. */
export function buildFailed(build: ToldBuild, reason: string): string {
  const asked = `${instances(build.count)} of type ${code(build.instance_type)}`;
  return told(`Could not start ${asked} for ${place(build)}: ${shortReason(reason)} (${reference(build)})`);
}

/** A build's instances run, but something about them could not be done. */
export function buildIncomplete(build: ToldBuild, reason: string): string {
  return told(
    `The instances for ${place(build)} run, but are not complete: ${shortReason(reason)} (${reference(build)})`,
  );
}

/** What a build left behind could not all be removed. */
export function cleanUpFailed(build: ToldBuild, reason: string): string {
  return told(`Could not clean up after the build for ${place(build)}: ${shortReason(reason)} (${reference(build)})`);
}

/** One instance has reported that its init script is through. `reported`: how many have by now, or a place for it. */
export function instanceReported(build: ToldBuild, instance: ToldInstance, reported: number | string): string {
  const progress = `${reported} of ${build.count}`;
  return told(`Instance ${instanceName(instance)} for ${place(build)} is ready, ${progress} (${reference(build)})`);
}

/** Every instance of a build has reported. */
export function buildFinished(build: ToldBuild, instanceIds: readonly string[]): string {
  const verb = instanceIds.length === 1 ? 'is' : 'are';
  const what = `${instances(instanceIds.length)} for ${place(build)}`;
  return told(`Finished: ${what} ${verb} ready: ${list(instanceIds)} (${reference(build)})`);
}

/** Instances have not reported in time; they may still run. `waited`: for people, e.g. `30 min`. */
export function instancesUnreported(build: ToldBuild, instanceIds: readonly string[], waited: string): string {
  const what = `${instances(instanceIds.length)} for ${place(build)}`;
  const verb = instanceIds.length === 1 ? 'has' : 'have';
  return told(
    `${what} ${verb} not reported within ${escapeMrkdwn(waited)}: ${list(instanceIds)} (${reference(build)})`,
  );
}

/** An instance was terminated on request. */
export function instanceTerminated(instance: ToldInstance): string {
  return told(`Terminated instance ${instanceName(instance)}`);
}

/** An instance could not be terminated. */
export function terminationFailed(instance: ToldInstance, reason: string): string {
  return told(`Could not terminate instance ${instanceName(instance)}: ${shortReason(reason)}`);
}

export interface ToldRecord {
  readonly hostname: string;
  readonly reason: string;
}

/** DNS records that could not be changed as they were to be. */
export function recordsFailed(records: readonly ToldRecord[]): string {
  const listed = records.slice(0, MAX_RECORDS);
  const more = records.length - listed.length;
  const reasons = listed.map(({ hostname, reason }) => `${code(hostname)}: ${shortReason(reason)}`);
  const what = records.length === 1 ? 'the DNS record' : `${records.length} DNS records`;
  return told(`Could not change ${what} ${[...reasons, ...(more === 0 ? [] : [`and ${more} more`])].join('; ')}`);
}

/** Status updates of one service that could not be forwarded. */
export function statusNotForwarded(service: string, updates: number, reason: string): string {
  const what = updates === 1 ? 'a status update' : `${updates} status updates`;
  return told(`Could not forward ${what} of service ${code(service)}: ${shortReason(reason)}`);
}

function told(text: string): string {
  return cutText(text);
}

function instances(count: number): string {
  return count === 1 ? '1 instance' : `${count} instances`;
}

function place({ role, site, env, queue }: ToldBuild): string {
  return `role ${code(role)}, site ${code(site)}, env ${code(env)}, queue ${code(queue)}`;
}

function reference({ href, id }: ToldBuild): string {
  return link(href, `build ${id}`);
}

function instanceName({ id, name }: ToldInstance): string {
  return name === '' ? code(id) : `${code(id)} ${code(name)}`;
}

function list(ids: readonly string[]): string {
  const listed = ids.slice(0, MAX_LISTED).map(code).join(', ');
  const rest = ids.length - MAX_LISTED;
  return rest > 0 ? `${listed} and ${rest} more` : listed;
}
