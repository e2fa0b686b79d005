import { DescribeVpcsCommand, type EC2ServiceException } from '@aws-sdk/client-ec2';
import { startSandbox } from '../testing/started-sandbox.js';
import { createThrottle } from './throttle.js';

describe('throttling as AWS does it', () => {
  const setup = (): { wait: (ms: number) => void; until: (action: string, form?: object) => number } => {
    let time = 0;
    const throttle = createThrottle(() => time);
    return {
      wait: (ms) => {
        time += ms;
      },
      /** How many calls pass before one is refused. */
      until: (action, form = {}) => {
        const parameters = new Map(Object.entries(form).map(([name, value]) => [name, String(value)]));
        for (let calls = 0; calls < 10_000; calls += 1) {
          try {
            throttle.spend(action, parameters);
          } catch {
            return calls;
          }
        }
        return Infinity;
      },
    };
  };

  it('gives each action a burst and a rate of its own', () => {
    const { wait, until } = setup();
    expect(until('RunInstances')).toBe(5);
    expect(until('CreateSecurityGroup')).toBe(50);
    expect(until('DescribeVpcs')).toBe(100);
    wait(1000);
    expect(until('RunInstances')).toBe(2);
    expect(until('CreateSecurityGroup')).toBe(5);
    expect(until('DescribeVpcs')).toBe(20);
  });

  it('gives less to a read that names neither a filter nor a page', () => {
    const { until } = setup();
    expect(until('DescribeInstances')).toBe(50);
    expect(until('DescribeInstances', { MaxResults: 1000 })).toBe(100);
  });

  it('counts instances too: 1000 at once, by however many calls', () => {
    const { wait, until } = setup();
    expect(until('RunInstances', { MaxCount: 400 })).toBe(2);
    wait(100_000);
    expect(until('RunInstances', { MaxCount: 400 })).toBe(1);
  });

  it('is played where it is switched on', async () => {
    const sandbox = await startSandbox({ SANDBOX_THROTTLE: 'on', SANDBOX_CLOUD_INIT: 'off' });
    try {
      sandbox.clock.hold();
      const calls = Array.from({ length: 150 }, () => sandbox.ec2.send(new DescribeVpcsCommand({})));
      const refused = (await Promise.allSettled(calls)).filter((call) => call.status === 'rejected');
      expect(refused).toHaveLength(50);
      const [first] = refused.map((call) => call.reason as EC2ServiceException);
      expect([first?.name, first?.$metadata.httpStatusCode]).toEqual(['RequestLimitExceeded', 503]);
    } finally {
      await sandbox.stop();
    }
  });
});
