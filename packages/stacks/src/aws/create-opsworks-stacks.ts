import { EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeInstancesCommand,
  DescribeLayersCommand,
  DescribeStacksCommand,
  OpsWorksClient,
  StartInstanceCommand,
  StopInstanceCommand,
  type Instance as OpsWorksInstance,
} from '@aws-sdk/client-opsworks';
import { AppError } from '@quartermaster/foundation';
import { awsCode, clientSettings, createCalls, tellAttempts, type ErrorTable } from '@quartermaster/aws';
import { byName, findLayer, findStack, inOrder } from '../find.js';
import type { Layer, Stack, StackInstance, StackInstanceStatus } from '../stack.js';
import { obstaclesAmong } from './obstacles.js';
import { TIMEOUTS, type Stacks, type StacksPlace } from './stacks.js';

const opsworks = createCalls({ name: 'OpsWorks', prefix: 'opsworks' });

const CHANGE: ErrorTable = {
  ResourceNotFoundException: { kind: 'not-found', code: 'instance-not-found' },
};

/** Where a stop or a start has nothing more to do. */
const DOWN: ReadonlySet<string> = new Set<StackInstanceStatus>(['stopping', 'stopped', 'shutting_down', 'terminating']);
const UP: ReadonlySet<string> = new Set<StackInstanceStatus>([
  'requested',
  'pending',
  'booting',
  'running_setup',
  'online',
  'rebooting',
]);

/** Stacks by the OpsWorks API (or whatever speaks it; AWS ended its own in May 2024). */
export function createOpsWorksStacks(place: StacksPlace = {}): Stacks {
  const client = tellAttempts(new OpsWorksClient(clientSettings(place, TIMEOUTS)), 'opsworks');
  // OpsWorks does not tell of auto-scaling groups.
  const ec2 = tellAttempts(new EC2Client(clientSettings(place, TIMEOUTS)), 'ec2');

  const listStacks = async (): Promise<Stack[]> => {
    const { Stacks = [] } = await opsworks.read('DescribeStacks', () => client.send(new DescribeStacksCommand({})));
    return (Stacks as Stack[]).sort((a, b) => byName(a.Name, b.Name));
  };
  const listLayers = async ({ StackId }: Stack): Promise<Layer[]> => {
    const command = new DescribeLayersCommand({ StackId });
    const { Layers = [] } = await opsworks.read('DescribeLayers', () => client.send(command));
    return (Layers as Layer[]).sort((a, b) => byName(a.Shortname, b.Shortname));
  };
  const describe = async (which: { StackId: string } | { LayerId: string } | { InstanceIds: string[] }) =>
    opsworks.read('DescribeInstances', async () => {
      const { Instances = [] } = await client.send(new DescribeInstancesCommand(which));
      return inOrder(Instances.flatMap(toStackInstance));
    });
  const find = async (ids: readonly string[]): Promise<StackInstance[]> => {
    try {
      return ids.length === 0 ? [] : await describe({ InstanceIds: [...ids] });
    } catch (error) {
      if (!isUnknown(error)) throw error;
      // One unknown id fails the whole call. Asked for by halves, the others cost few calls: OpsWorks throttles soon.
      if (ids.length === 1) return [];
      const middle = ids.length >> 1;
      return inOrder([...(await find(ids.slice(0, middle))), ...(await find(ids.slice(middle)))]);
    }
  };
  /** OpsWorks refuses in the same words whatever the state is; the instance itself says whether there is anything to do. */
  const refused = async (id: string, error: unknown, settled: ReadonlySet<string>, code: string): Promise<void> => {
    if (!(error instanceof AppError) || awsCode(error.cause) !== 'ValidationException') throw error;
    const [instance] = await find([id]);
    if (instance === undefined) throw new AppError('not-found', 'instance-not-found', `OpsWorks does not know ${id}.`);
    if (settled.has(instance.Status)) return;
    throw new AppError('conflict', code, error.message, { cause: error });
  };

  return {
    name: 'opsworks',
    loadFleet: async () => {
      const stacks = await listStacks();
      const layers: Layer[] = [];
      const instances: StackInstance[] = [];
      // One stack after the other: OpsWorks throttled by the account.
      for (const stack of stacks) {
        layers.push(...(await listLayers(stack)));
        instances.push(...(await describe({ StackId: stack.StackId })));
      }
      return { stacks, layers, instances };
    },
    findLayer: async (stackName, layerName) => {
      const stack = findStack({ stacks: await listStacks() }, stackName);
      return { stack, layer: findLayer({ layers: await listLayers(stack) }, stack, layerName) };
    },
    listInstances: ({ LayerId }) => describe({ LayerId }),
    findInstances: find,
    findObstacles: (instances) => obstaclesAmong(ec2, instances),
    stopInstance: async (id, guard) => {
      const command = new StopInstanceCommand({ InstanceId: id });
      await opsworks
        .change('StopInstance', command, guard, (options) => client.send(command, options), CHANGE)
        .catch((error: unknown) => refused(id, error, DOWN, 'instance-not-stoppable'));
    },
    startInstance: async (id, guard) => {
      const command = new StartInstanceCommand({ InstanceId: id });
      await opsworks
        .change('StartInstance', command, guard, (options) => client.send(command, options), CHANGE)
        .catch((error: unknown) => refused(id, error, UP, 'instance-not-startable'));
    },
    close: () => {
      client.destroy();
      ec2.destroy();
    },
  };
}

function isUnknown(error: unknown): boolean {
  return error instanceof AppError && awsCode(error.cause) === 'ResourceNotFoundException';
}

/** None where OpsWorks left out what makes an instance. */
function toStackInstance(instance: OpsWorksInstance): StackInstance[] {
  const { InstanceId, StackId, LayerIds = [], Hostname, Status } = instance;
  if (InstanceId === undefined || StackId === undefined || Status === undefined) return [];
  return [{ ...instance, InstanceId, StackId, LayerIds, Hostname: Hostname ?? InstanceId, Status } as StackInstance];
}
