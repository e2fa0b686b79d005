import { createStacks } from '@quartermaster/stacks/aws';
import { describeStackSource } from '../../packages/stacks/src/stack-source.contract';
import { setFault } from '../harness/builds';
import { startSystem, type System } from '../harness/start-system';

const CREDENTIALS = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox-secret' };

describe.each(['ec2-tags', 'opsworks'] as const)('the source %s', (name) => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem();
  });
  afterAll(() => system.stop());

  describeStackSource(async () => {
    const source = createStacks(name, 'us-east-1', {
      endpoint: system.sandboxUrl,
      region: 'us-east-1',
      credentials: CREDENTIALS,
    });
    const make = async (body: object): Promise<void> => {
      const answer = await system.sandbox('/_sandbox/stacks', { method: 'POST', body });
      if (answer.status !== 201) throw new Error(answer.text);
    };
    return {
      source,
      makeStack: async (stack) => {
        await make({ name: stack, layers: [{ name: 'API Server', shortname: 'api', instances: 12, stopped: 1 }] });
        // The one that is to be met while it stops: long enough for whoever asks slowly.
        await setFault(system.sandbox, { kind: 'stuck', instance: 'api4', ms: 8000, count: 1 });
      },
      makeStackWithObstacles: (stack) =>
        make({
          name: stack,
          layers: [
            { name: 'Web', shortname: 'web', instances: 1, auto_scaling_group: 'web-group' },
            { name: 'Cache', shortname: 'cache', instances: 1, root_device: 'instance-store' },
            { name: 'Database', shortname: 'db', instances: 1 },
          ],
        }),
    };
  });
});
