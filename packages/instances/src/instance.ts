/** EC2's own names for where an instance is in its life. */
export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

/** An instance as the API answers it; field names are the API's. */
export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly instance_type: string;
  readonly image_id: string;
  /** Public IPv4 address; empty where there is none (yet). */
  readonly ip: string;
  readonly private_ip: string;
  /** ISO 8601 UTC. */
  readonly launch_time: string;
  readonly state: InstanceState;
  readonly queue: string;
  readonly env: string;
  readonly site: string;
  readonly role: string;
  /** Whether this installation made it: its tag `quartermaster:install` says so. */
  readonly managed: boolean;
}

/** An instance as the cloud shows it: what the API answers and what only the house needs. */
export interface CloudInstance extends Instance {
  /** The build that made it, from the tag `quartermaster:build`; empty where none did. */
  readonly build_id: string;
}

/** An image as the cloud shows it. */
export interface CloudImage {
  readonly ami: string;
  readonly name: string;
  /** The tag `role`; empty where there is none. */
  readonly role: string;
  /** The tag `active` is there and not `false`. */
  readonly active: boolean;
  /** EC2's state: `available`, `pending`, `failed` … */
  readonly state: string;
  /** ISO 8601 UTC. */
  readonly creation_date: string;
  /** Needed to ask for a root volume of another size, e.g. `/dev/xvda`. */
  readonly root_device_name: string;
}

/** Tags that mark what an installation made. */
export const INSTALL_TAG = 'quartermaster:install';
export const BUILD_TAG = 'quartermaster:build';

/** An instance in these states is on its way out and is not listed. */
export function isLeaving(state: InstanceState): boolean {
  return state === 'shutting-down' || state === 'terminated';
}
