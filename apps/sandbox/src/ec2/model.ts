/** What exists in the played account. Times are milliseconds since the epoch. */
export type Tags = Map<string, string>;

export interface Vpc {
  readonly id: string;
  readonly order: number;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly tags: Tags;
}

export interface Subnet {
  readonly id: string;
  readonly order: number;
  readonly vpcId: string;
  readonly zone: string;
  readonly cidr: string;
  readonly mapsPublicIp: boolean;
  readonly isDefault: boolean;
  readonly tags: Tags;
}

export interface Image {
  readonly id: string;
  readonly order: number;
  readonly name: string;
  readonly ownerId: string;
  readonly ownerAlias?: string;
  readonly isPublic: boolean;
  readonly state: 'available' | 'pending' | 'failed';
  readonly createdAt: number;
  readonly architecture: 'x86_64' | 'arm64';
  readonly rootDeviceName: string;
  /** Left out: `ebs`. What is launched from an image with an instance store cannot be stopped. */
  readonly rootDeviceType?: 'instance-store';
  readonly rootSnapshotId: string;
  readonly rootVolumeGb: number;
  readonly tags: Tags;
}

export interface Rule {
  readonly id: string;
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: RulePeer;
  readonly description: string | undefined;
  readonly tags: Tags;
}

export type RulePeer =
  { readonly kind: 'ipv4' | 'ipv6'; readonly cidr: string } | { readonly kind: 'group'; readonly groupId: string };

export interface SecurityGroup {
  readonly id: string;
  readonly order: number;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly tags: Tags;
  readonly ingress: Rule[];
  /** Until then no call finds it (the fault `not-found-first`); its name is taken all the same. */
  readonly hiddenUntil: number;
}

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

/** From `at` on the instance is in `state`, until the next transition. */
export interface Transition {
  readonly at: number;
  readonly state: InstanceState;
  /** `stopped` only: it did not come up, and nobody asked for it to stop (the fault `start-failed`). */
  readonly failed?: boolean;
  /** `running` only: it runs but does not come to work (the fault `setup-failed`). */
  readonly impaired?: boolean;
}

export interface MetadataOptions {
  readonly tokens: 'optional' | 'required';
  readonly hopLimit: number;
  readonly endpoint: 'enabled' | 'disabled';
  readonly ipv6: 'enabled' | 'disabled';
  readonly tags: 'enabled' | 'disabled';
}

export interface RootVolume {
  readonly id: string;
  readonly sizeGb: number;
  readonly type: string;
  readonly deleteOnTermination: boolean;
  readonly tags: Tags;
}

/** What an instance's cloud-init has done so far, for `GET /_sandbox/instances/{id}` and `GET /_sandbox/reports`. */
export interface CloudInitRecord {
  outcome:
    | 'not-started'
    | 'fetching'
    | 'reporting'
    | 'reported'
    | 'no-include'
    | 'no-build'
    | 'fetch-refused'
    | 'report-refused'
    | 'gave-up'
    | 'silent'
    | 'stopped';
  buildId?: string;
  /** Without the credential. */
  url?: string;
  script?: string;
  fetchAttempts: number;
  reportAttempts: number;
  lastStatus?: number;
  lastError?: string;
  reportedAt?: string;
}

export interface Instance {
  readonly id: string;
  readonly order: number;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly image: Image;
  readonly instanceType: string;
  readonly subnet: Subnet;
  readonly groupIds: readonly string[];
  readonly keyName: string | undefined;
  readonly profileName: string | undefined;
  readonly clientToken: string | undefined;
  readonly tags: Tags;
  readonly launchedAt: number;
  readonly privateIp: string;
  /** Given up when it stops; another one comes with the next start. */
  publicIp: string | undefined;
  readonly interfaceId: string;
  readonly rootVolume: RootVolume;
  readonly metadata: MetadataOptions;
  readonly ebsOptimized: boolean;
  readonly monitoring: boolean;
  readonly shutdownBehavior: 'stop' | 'terminate';
  readonly userData: Buffer | undefined;
  /** Until then no call knows the id (the fault `not-found-first`). */
  readonly hiddenUntil: number;
  /** Its cloud-init never does anything (the fault `no-report`, or a seeded instance). */
  readonly silent: boolean;
  terminationProtected: boolean;
  transitions: Transition[];
  readonly cloudInit: CloudInitRecord;
}

/** What a client token was used for. */
export interface UsedToken {
  readonly fingerprint: string;
  readonly instances: readonly Instance[];
}
