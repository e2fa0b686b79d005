import type { EffectGuard } from '@quartermaster/foundation';
import type { LaunchPlan } from './build.js';
import type { CloudImage, CloudInstance } from './instance.js';

export interface SecurityGroupRequest {
  readonly name: string;
  readonly description: string;
  readonly vpc_id: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface CloudSecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly build_id: string;
}

/**
 * What the house needs of EC2, in its own words. What changes something takes an `EffectGuard`; where its time is over,
 * the function throws what the guard threw.
 * Failures are `AppError`s: `unavailable` where trying again makes sense (`ec2-unavailable` no answer or 5xx,
 * `ec2-throttled`, `ec2-not-authorized` no rights for the moment), else `unprocessable` `ec2-refused` with EC2's own code
 * and words in the message, or what is given per function where callers tell failures apart.
 */
export interface Ec2Port {
  /** Every instance that the account has in the region, those on their way out included. Paged inside. */
  listInstances(): Promise<CloudInstance[]>;
  /** The instances of one build, in every state. */
  listInstancesOfBuild(buildId: string): Promise<CloudInstance[]>;
  /** The ones of these ids that EC2 knows; an unknown id is left out, not an error. */
  findInstances(ids: readonly string[]): Promise<CloudInstance[]>;
  /** Whether EC2 refuses to terminate it (`disableApiTermination`); `undefined` where EC2 does not know the id. */
  isTerminationProtected(id: string): Promise<boolean | undefined>;
  /** Images of this account that carry the tag `role`, or all with that tag's value. */
  listImages(role?: string): Promise<CloudImage[]>;
  /** `undefined` where no such image exists (or its id is malformed). */
  findImage(ami: string): Promise<CloudImage | undefined>;
  /** The VPC of a subnet, or the default VPC. `unprocessable`: `subnet-not-found`, `no-default-vpc`. */
  resolveVpc(subnetId?: string): Promise<string>;

  /**
   * Makes a group, or finds the one of that name and VPC that a former attempt made, and waits a few seconds until EC2
   * shows it. Returns its id. `unavailable` `group-not-visible` where EC2 does not.
   */
  createSecurityGroup(request: SecurityGroupRequest, guard: EffectGuard): Promise<string>;
  findSecurityGroup(name: string, vpcId: string): Promise<string | undefined>;
  /** Opens inbound TCP port 22 to these CIDRs (IPv4 and IPv6); what is open already is no error. */
  authorizeSsh(groupId: string, cidrs: readonly string[], guard: EffectGuard): Promise<void>;
  /** `true`: it is gone (or never was). `false`: something still uses it (`DependencyViolation`). */
  deleteSecurityGroup(groupId: string, guard: EffectGuard): Promise<boolean>;
  /** The groups that carry this installation's tag. */
  listSecurityGroups(installId: string): Promise<CloudSecurityGroup[]>;

  /**
   * Launches all instances of the plan or none. `userData` is plain text. The same plan again returns the same instances.
   * `unprocessable`: `no-capacity`, `instances-terminated` (the token's instances are gone), `launch-refused` (the rest).
   * `conflict`: `launch-parameters-differ` (the token was used with other parameters).
   */
  runInstances(plan: LaunchPlan, userData: string, guard: EffectGuard): Promise<CloudInstance[]>;
  /** Sets tags on one instance. `unavailable` `instance-not-visible` while EC2 does not know the id yet. */
  tagInstance(id: string, tags: Readonly<Record<string, string>>, guard: EffectGuard): Promise<void>;
  /**
   * `terminated` or on its way: true. `not-found` `instance-not-found`: EC2 does not know the id (right after launch that
   * does not mean it is gone). `conflict` `termination-protected`.
   */
  terminateInstances(ids: readonly string[], guard: EffectGuard): Promise<void>;
}
