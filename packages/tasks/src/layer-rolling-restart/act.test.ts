import { AppError } from '@quartermaster/foundation';
import type { TaskContext } from '../task-context.js';
import { act } from './act.js';
import type { RestartFields, Target } from './fields.js';
import type { Decision } from './plan.js';

const stopping = (number: number): Target => ({
  Hostname: `api${number}`,
  InstanceId: `i-${number}`,
  phase: 'stopping',
  sent: false,
  looks: 1,
  moved: false,
  spentMs: 0,
});

/** Two stops are due, and the cloud refuses the first for good; what it was asked for, and the phases after that. */
async function actWith(maxFailures: number): Promise<{ asked: string[]; phases: string[] }> {
  const asked: string[] = [];
  const stopInstance = (id: string): Promise<void> => {
    asked.push(id);
    if (id !== 'i-1') return Promise.resolve();
    return Promise.reject(new AppError('unprocessable', 'ec2-refused', 'It is protected against stopping.'));
  };
  const step = (_name: string, { act: effect }: { act: (guard: object) => Promise<unknown> }): Promise<unknown> =>
    effect({});
  const ctx = { stacks: { stopInstance }, step } as unknown as TaskContext<RestartFields>;
  const targets = [stopping(1), stopping(2)];
  const decision: Decision = {
    state: { windowSize: 2, timeoutMs: 60_000, maxFailures, gapMs: 20_000, targets },
    actions: targets.map(({ InstanceId: id }) => ({ kind: 'stop', id })),
    lines: [],
    isDone: false,
  };
  const { state } = await act(ctx, decision, () => 0);
  return { asked, phases: state.targets.map(({ phase, sent }) => `${phase} ${sent}`) };
}

describe('the stops of a round', () => {
  it('are not sent any more once one has failed that was one too many', async () => {
    expect(await actWith(0)).toEqual({ asked: ['i-1'], phases: ['failed false', 'stopping false'] });
  });

  it('are all sent where the failure is allowed', async () => {
    expect(await actWith(1)).toEqual({ asked: ['i-1', 'i-2'], phases: ['failed false', 'stopping true'] });
  });
});
