import { AppError, toErrorRecord } from '@quartermaster/foundation';
import { isLeaving, type Ec2Port } from '@quartermaster/instances';
import type { PayloadOf, Processor, Producer } from '@quartermaster/jobs';
import { instanceTerminated, terminationFailed } from '@quartermaster/notifications';
import type { InstanceCache, ProtectedInstances, Terminations } from '@quartermaster/stores';
import type { Notify } from '../notify.js';

export interface TerminateInstanceParts {
  readonly ec2: Ec2Port;
  readonly cache: InstanceCache;
  readonly terminations: Terminations;
  readonly protectedInstances: ProtectedInstances;
  readonly producer: Producer;
  readonly notify: Notify;
}

/** How long after its launch (ms) EC2 may still not know an instance's id. */
const YOUNG_MS = 300_000;

/** Terminates one instance, takes it off the cache, tells Slack, and has its build's security group looked after. */
export function createTerminateInstance(parts: TerminateInstanceParts): Processor<PayloadOf<'terminate-instance'>> {
  const { ec2, cache, terminations, protectedInstances, producer, notify } = parts;

  return {
    run: async ({ termination_id, instance_id }, { journal, request_id }) => {
      // Looked up once: later the cache has forgotten it.
      const known = await journal.step('look-up-instance', {
        act: async () => {
          const instance = await cache.load(instance_id);
          return {
            name: instance?.name ?? '',
            build_id: instance?.build_id ?? '',
            launch_time: instance?.launch_time ?? '',
          };
        },
      });
      await journal.step('terminate-instance', {
        act: (guard) => terminate(ec2, instance_id, known.launch_time, guard),
        observe: async () => {
          const [found] = await ec2.findInstances([instance_id]);
          return found !== undefined && isLeaving(found.state) ? true : undefined;
        },
      });
      await journal.step('forget-instance', { act: () => cache.forget(instance_id, Date.now()) });
      if (known.build_id !== '') {
        const payload = { build_id: known.build_id, cause: termination_id };
        await journal.step('clean-up', { act: () => producer.enqueue('clean-up-build', payload, { request_id }) });
      }
      const channel = (await terminations.load(instance_id))?.slack_channel;
      const text = instanceTerminated({ id: instance_id, name: known.name });
      await notify(journal, { event_id: `terminated-${termination_id}`, channel, text }, request_id);
      await terminations.end(instance_id, termination_id);
    },

    giveUp: async ({ termination_id, instance_id }, error, { journal, request_id }) => {
      const reason = toErrorRecord(error);
      // The next request is refused at once; the mini-worker notices when the protection ends.
      if (reason.code === 'termination-protected') await protectedInstances.note(instance_id, true, Date.now());
      const channel = (await terminations.load(instance_id))?.slack_channel;
      const text = terminationFailed({ id: instance_id, name: '' }, reason.message);
      await notify(journal, { event_id: `unterminated-${termination_id}`, channel, text }, request_id);
      await terminations.end(instance_id, termination_id, reason);
    },
  };
}

type Guard = Parameters<Ec2Port['terminateInstances']>[1];

/** An id that EC2 does not know is gone, unless it is so young that EC2 may not know it yet. */
async function terminate(ec2: Ec2Port, id: string, launchTime: string, guard: Guard): Promise<true> {
  try {
    await ec2.terminateInstances([id], guard);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'instance-not-found') throw error;
    const age = Date.now() - Date.parse(launchTime);
    if (age < YOUNG_MS) {
      throw new AppError('unavailable', 'instance-not-known-yet', `EC2 does not know ${id} yet.`, { cause: error });
    }
  }
  return true;
}
