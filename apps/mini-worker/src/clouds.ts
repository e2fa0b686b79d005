import { kubernetesSettings, type ClusterHost } from '@quartermaster/couchdb';
import type { DnsPort } from '@quartermaster/dns';
import { createRoute53Dns } from '@quartermaster/dns/aws';
import { createEc2, type Ec2 } from '@quartermaster/instances/aws';
import { createStacks, type Stacks } from '@quartermaster/stacks/aws';
import type { MiniWorkerConfig } from './config.js';

/** The ports of this process, each made real. */
export interface Clouds {
  readonly ec2: Ec2;
  readonly stacks: Stacks;
  readonly dns: DnsPort;
  /** Loads Kubernetes' client when it is asked for first: a third of a second and 40 MB, for nothing where there are no clusters. */
  readonly clusters: ClusterHost;
  /** Closes idle connections. */
  close(): void;
}

export function connectClouds(config: MiniWorkerConfig): Clouds {
  const ec2 = createEc2({ installId: config.INSTALL_ID });
  const stacks = createStacks(config.STACKS_SOURCE, config.AWS_REGION);
  const dns = createRoute53Dns();
  let clusters: ClusterHost | undefined;
  return {
    ec2,
    stacks,
    dns,
    get clusters() {
      return (clusters ??= connectKubernetes(config));
    },
    close: () => {
      ec2.close();
      stacks.close();
      dns.close();
      clusters?.close();
    },
  };
}

function connectKubernetes(config: MiniWorkerConfig): ClusterHost {
  const adapter = require('@quartermaster/couchdb/kubernetes') as typeof import('@quartermaster/couchdb/kubernetes');
  return adapter.createKubernetesHost(kubernetesSettings(config));
}
