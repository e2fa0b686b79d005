/** What OpsWorks knows. Its instances are those of EC2, seen through this: states and addresses are read there. */
export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly createdAt: number;
}

export interface Layer {
  readonly id: string;
  readonly stackId: string;
  readonly name: string;
  readonly shortname: string;
  readonly createdAt: number;
}

export interface StackInstance {
  readonly id: string;
  readonly stackId: string;
  /** At least one; an instance may be of several layers of its stack. */
  readonly layerIds: readonly string[];
  readonly hostname: string;
  readonly ec2InstanceId: string;
  readonly createdAt: number;
}

export interface OpsWorksAccount {
  readonly stacks: Map<string, Stack>;
  readonly layers: Map<string, Layer>;
  readonly instances: ReadonlyMap<string, StackInstance>;
  add(instance: StackInstance): void;
  /** OpsWorks forgets it; the instance of EC2 stays what it is. */
  remove(id: string): void;
  /** The instance that is backed by this instance of EC2. */
  ofEc2(ec2InstanceId: string): StackInstance | undefined;
  /** Another instance of EC2 takes this one's place, id and host name. */
  replace(ec2InstanceId: string, successor: string): StackInstance | undefined;
}

export function createOpsWorksAccount(): OpsWorksAccount {
  const instances = new Map<string, StackInstance>();
  const byEc2 = new Map<string, StackInstance>();

  const account: OpsWorksAccount = {
    stacks: new Map(),
    layers: new Map(),
    instances,
    add(instance) {
      instances.set(instance.id, instance);
      byEc2.set(instance.ec2InstanceId, instance);
    },
    remove(id) {
      const instance = instances.get(id);
      if (instance !== undefined) byEc2.delete(instance.ec2InstanceId);
      instances.delete(id);
    },
    ofEc2: (ec2InstanceId) => byEc2.get(ec2InstanceId),
    replace(ec2InstanceId, successor) {
      const old = byEc2.get(ec2InstanceId);
      if (old === undefined) return undefined;
      byEc2.delete(ec2InstanceId);
      const replaced = { ...old, ec2InstanceId: successor };
      account.add(replaced);
      return replaced;
    },
  };
  return account;
}
