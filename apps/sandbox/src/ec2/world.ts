import { createAddresses } from './addresses.js';
import type { Addresses } from './addresses.js';
import { createOpsWorksAccount, type OpsWorksAccount } from '../opsworks/account.js';
import { assertWellFormed, notFound, prefixOf, Ec2Error } from './errors.js';
import { past, transitionAt } from './lifecycle.js';
import type { Image, Instance, InstanceState, SecurityGroup, Subnet, Tags, UsedToken, Vpc } from './model.js';

export interface WorldTimes {
  readonly bootMs: number;
  readonly shutdownMs: number;
  /** `stopping` to `stopped`. */
  readonly stopMs: number;
  /** `running` to status checks that have come to a result. */
  readonly checksMs: number;
  /** OpsWorks: `running_setup` to `online`. */
  readonly setupMs: number;
  readonly interfaceLingerMs: number;
  readonly terminatedVisibleMs: number;
}

/** Everything that exists in the account, and what time makes of it. Rules of single actions stand with the actions. */
export interface World {
  readonly accountId: string;
  readonly region: string;
  readonly times: WorldTimes;
  readonly vpcs: Map<string, Vpc>;
  readonly subnets: Map<string, Subnet>;
  readonly images: Map<string, Image>;
  readonly groups: Map<string, SecurityGroup>;
  readonly instances: Map<string, Instance>;
  readonly keyPairs: Set<string>;
  readonly profiles: Set<string>;
  readonly tokens: Map<string, UsedToken>;
  readonly addresses: Addresses;
  /** The stacks that these instances belong to, if any. */
  readonly opsWorks: OpsWorksAccount;
  now(): number;
  /** A number above all given before: what describes are sorted by. */
  nextOrder(): number;
  stateOf(instance: Instance): InstanceState;
  /** Its network interface exists and so holds its address and its groups. */
  holdsInterface(instance: Instance): boolean;
  /** Groups that calls know, by id. */
  knownGroups(): ReadonlyMap<string, SecurityGroup>;
  /** Instances that calls know, in order of their launch. */
  knownInstances(): Instance[];
  /** All of these, or throws EC2's Malformed or NotFound. */
  findInstances(ids: readonly string[]): Instance[];
  /** Moves it to shutting-down and later terminated. */
  terminate(instance: Instance): void;
  defaultVpc(): Vpc | undefined;
  /** The tags of any resource. Throws where EC2 would: malformed, unknown, or a kind that does not exist here. */
  tagsOf(id: string): Tags;
}

export interface WorldOptions {
  readonly accountId: string;
  readonly region: string;
  readonly times: WorldTimes;
  readonly now: () => number;
}

export function createWorld(options: WorldOptions): World {
  const { now, times } = options;
  let order = 0;

  const world: World = {
    accountId: options.accountId,
    region: options.region,
    times,
    vpcs: new Map(),
    subnets: new Map(),
    images: new Map(),
    groups: new Map(),
    instances: new Map(),
    keyPairs: new Set(),
    profiles: new Set(),
    tokens: new Map(),
    addresses: createAddresses(),
    opsWorks: createOpsWorksAccount(),
    now,
    nextOrder() {
      order += 1;
      return order;
    },
    stateOf(instance) {
      return transitionAt(instance, now()).state;
    },
    holdsInterface(instance) {
      const end = terminatedAt(instance);
      return end === undefined || now() < end + times.interfaceLingerMs;
    },
    knownGroups: () => new Map([...world.groups].filter(([, group]) => now() >= group.hiddenUntil)),
    knownInstances: () => [...world.instances.values()].filter(isKnown),
    findInstances(ids) {
      assertWellFormed('i-', ids);
      const found = ids.flatMap((id) => {
        const instance = world.instances.get(id);
        return instance !== undefined && isKnown(instance) ? [instance] : [];
      });
      const unknown = ids.filter((id) => !found.some((instance) => instance.id === id));
      if (unknown.length > 0) throw notFound('i-', unknown);
      return found;
    },
    terminate(instance) {
      const time = now();
      instance.transitions = [
        ...past(instance, time),
        { at: time, state: 'shutting-down' },
        { at: time + times.shutdownMs, state: 'terminated' },
      ];
    },
    defaultVpc: () => [...world.vpcs.values()].find((vpc) => vpc.isDefault),
    tagsOf(id) {
      const prefix = prefixOf(id);
      if (prefix === undefined) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
      assertWellFormed(prefix, [id]);
      if (prefix === 'i-') return world.findInstances([id])[0]?.tags ?? new Map<string, string>();
      if (prefix === 'vol-') return volumeTags(id);
      const store: ReadonlyMap<string, { readonly tags: Tags }> = {
        'ami-': world.images,
        'subnet-': world.subnets,
        'vpc-': world.vpcs,
        'sg-': world.knownGroups(),
      }[prefix];
      const resource = store.get(id);
      if (resource === undefined) throw notFound(prefix, [id]);
      return resource.tags;
    },
  };

  function isKnown(instance: Instance): boolean {
    const time = now();
    if (time < instance.hiddenUntil) return false;
    const end = terminatedAt(instance);
    return end === undefined || time < end + times.terminatedVisibleMs;
  }

  function volumeTags(id: string): Tags {
    const instance = world.knownInstances().find((candidate) => candidate.rootVolume.id === id);
    const gone = instance === undefined || world.stateOf(instance) === 'terminated';
    if (gone) throw notFound('vol-', [id]);
    return instance.rootVolume.tags;
  }

  return world;
}

/** When it is (or will be) terminated; `undefined` while nothing says so. */
export function terminatedAt(instance: Instance): number | undefined {
  return instance.transitions.find((transition) => transition.state === 'terminated')?.at;
}
