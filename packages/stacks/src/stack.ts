/**
 * Stacks, layers and instances as OpsWorks words them (API Reference: Data Types `Stack`, `Layer`, `Instance`): clients of
 * AWSuper read these objects, so they keep their PascalCase. Named here is what the house itself reads; whatever else
 * a source tells stays in the object.
 */
export interface Stack {
  readonly StackId: string;
  readonly Name: string;
  readonly Region: string;
  readonly [field: string]: unknown;
}

export interface Layer {
  readonly LayerId: string;
  readonly StackId: string;
  readonly Name: string;
  readonly Shortname: string;
  readonly [field: string]: unknown;
}

/** The states of an OpsWorks instance. */
export type StackInstanceStatus =
  | 'booting'
  | 'connection_lost'
  | 'online'
  | 'pending'
  | 'rebooting'
  | 'requested'
  | 'running_setup'
  | 'setup_failed'
  | 'shutting_down'
  | 'start_failed'
  | 'stop_failed'
  | 'stopped'
  | 'stopping'
  | 'terminated'
  | 'terminating';

export interface StackInstance {
  readonly InstanceId: string;
  readonly StackId: string;
  readonly LayerIds: readonly string[];
  readonly Hostname: string;
  readonly Status: StackInstanceStatus;
  readonly Ec2InstanceId?: string;
  readonly [field: string]: unknown;
}

/** Everything that a source knows, in the order in which it is shown. */
export interface Fleet {
  readonly stacks: readonly Stack[];
  readonly layers: readonly Layer[];
  readonly instances: readonly StackInstance[];
}
