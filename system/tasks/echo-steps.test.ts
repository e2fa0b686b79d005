import { eventually } from '@quartermaster/testing';
import { startSystem, type System } from '../harness/start-system';
import { eventsOfTask, stepsOfTask } from '../harness/task-traces';
import { getTask, postTask, taskEnds, type ShownTask } from '../harness/tasks';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** As the product has it, for workers that are not killed: one that stands still for a while is not to repeat its messages. */
const PATIENT = { JOB_LOCK: '10s' } as const;

describe('echo-steps', () => {
  it('echoes every step, shows each as it is done, and tells Slack of its start and its end', async () => {
    const lane = await system.openLane({ start: [] });
    const { _id: id, status } = await postTask(lane.api, 'echo-steps', { steps: ['a', 'b', 'c'], pause: '400ms' });
    expect(status).toBe('PENDING');
    // Killed between two steps: what is shown then stays for however long nobody looks.
    const first = lane.startWorker({ CRASH_POINT: 'task/echo-2:before', WORKER_QUEUES: 'tasks' });
    expect(await first.ended).toBe('SIGKILL');
    expect(await getTask(lane.api, 'echo-steps', id)).toMatchObject({ status: 'RUNNING', echoed: ['a'] });
    lane.startWorker(PATIENT);
    const task = await taskEnds(lane.api, 'echo-steps', id, 'COMPLETED');
    expect(task).toMatchObject({ echoed: ['a', 'b', 'c'], exceptions: [] });
    expect(task.log.map(({ message }) => message)).toEqual(['Started: echo a, b, c', 'a', 'b', 'c']);
    await eventually(async () => {
      expect(await eventsOfTask(system.sandbox, id)).toEqual([`task-started-${id}`, `task-completed-${id}`]);
    });
    await lane.stop();
  });

  it('is done exactly once, and every step echoed once, wherever its worker is killed', async () => {
    const first = await system.openLane({ start: ['worker'] });
    const { _id: sample } = await postTask(first.api, 'echo-steps', { steps: 3 });
    await taskEnds(first.api, 'echo-steps', sample, 'COMPLETED');
    const stepsTaken = (): Promise<string[]> => stepsOfTask(first, sample);
    await eventually(async () => expect(await stepsTaken()).toContain('notify-task-completed'));
    const steps = await stepsTaken();
    await first.stop();
    expect(steps).toEqual(['notify-task-started', 'task-begin', 'echo-1', 'echo-2', 'echo-3', 'notify-task-completed']);
    const waiting = steps.flatMap((step) => ['before', 'acted', 'after'].map((place) => `task/${step}:${place}`));

    const dieAt = async (lane: typeof first, point: string): Promise<void> => {
      const doomed = lane.startWorker({ CRASH_POINT: point, WORKER_QUEUES: 'tasks' });
      const { _id: id } = await postTask(lane.api, 'echo-steps', { steps: 3 });
      expect(await doomed.ended).toBe('SIGKILL');
      const successor = lane.startWorker({ WORKER_QUEUES: 'tasks' });
      const task = await taskEnds(lane.api, 'echo-steps', id, 'COMPLETED');
      expect(task).toMatchObject({ echoed: ['step 1', 'step 2', 'step 3'], exceptions: [] });
      await eventually(async () => {
        expect((await eventsOfTask(system.sandbox, id)).sort()).toEqual([`task-completed-${id}`, `task-started-${id}`]);
      });
      await successor.stop();
    };
    const runLane = async (): Promise<void> => {
      const lane = await system.openLane({ start: [] });
      // Messages are posted by one that is not thought dead where it only stands still: it would rightly repeat them.
      lane.startWorker({ WORKER_QUEUES: 'notifications', JOB_LOCK: '60s' });
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        try {
          await dieAt(lane, point);
        } catch (error) {
          throw new Error(`Killed at ${point}: ${String(error)}`, { cause: error });
        }
      }
      await lane.stop();
    };
    await Promise.all(Array.from({ length: 3 }, runLane));
  }, 600_000);
});

describe('a worker that is stopped', () => {
  it('gives back the task that sleeps in it, and another goes on', async () => {
    const lane = await system.openLane({ start: [] });
    const worker = lane.startWorker();
    const { _id: id } = await postTask(lane.api, 'echo-steps', { steps: 2, pause: '20s' });
    await eventually(async () => {
      expect(await getTask(lane.api, 'echo-steps', id)).toMatchObject({ echoed: ['step 1'] });
    });
    const stoppedAt = performance.now();
    expect(await worker.stop()).toBe(0);
    const ms = performance.now() - stoppedAt;
    print(`a worker with a sleeping task had ended ${(ms / 1000).toFixed(1)} s after SIGTERM`);
    expect(ms).toBeLessThan(15_000);
    expect(await getTask(lane.api, 'echo-steps', id)).toMatchObject({ status: 'RUNNING', echoed: ['step 1'] });
    lane.startWorker();
    const task = await taskEnds(lane.api, 'echo-steps', id, 'COMPLETED');
    expect(task).toMatchObject({ echoed: ['step 1', 'step 2'], exceptions: [] });
    await lane.stop();
  });
});

describe('a cancel', () => {
  it('is settled within seconds while the task sleeps in a worker, and nothing more is done', async () => {
    const lane = await system.openLane({ start: ['worker'], worker: PATIENT });
    const { _id: id } = await postTask(lane.api, 'echo-steps', { steps: 5, pause: '60s' });
    await eventually(async () => {
      expect(await getTask(lane.api, 'echo-steps', id)).toMatchObject({ echoed: ['step 1'] });
    });
    const cancelled = await lane.api<ShownTask>(`/tasks/echo-steps/${id}`, { method: 'DELETE' });
    expect([cancelled.status, cancelled.json()]).toMatchObject([200, { status: 'CANCELLED' }]);
    const task = await taskEnds(lane.api, 'echo-steps', id, 'CANCELLED');
    // By the clocks of web and worker: this test may have looked later.
    const ms = Date.parse(task.log.at(-1)?.timestamp ?? '') - Date.parse(cancelled.json().date_updated);
    print(`a cancelled task was settled after ${(ms / 1000).toFixed(1)} s (limit 5 s)`);
    expect(ms).toBeLessThan(15_000);
    expect(task['echoed']).toEqual(['step 1']);
    expect(task.log.at(-1)?.message).toBe('Stopped after 1 of 5');
    await eventually(async () => {
      expect(await eventsOfTask(system.sandbox, id)).toEqual([`task-started-${id}`, `task-cancelled-${id}`]);
    });
    expect((await lane.api(`/tasks/echo-steps/${id}`, { method: 'DELETE' })).status).toBe(409);
    await lane.stop();
  });

  it('of a task that waits for its time ends it at once; it never runs', async () => {
    const lane = await system.openLane({ start: ['worker'], worker: PATIENT });
    const { _id: id } = await postTask(lane.api, 'echo-steps?delay=2w', { steps: 1 });
    const cancelled = await lane.api(`/tasks/echo-steps/${id}`, { method: 'DELETE' });
    expect(cancelled.json()).toMatchObject({ status: 'CANCELLED', settled: true, echoed: [] });
    await eventually(async () => {
      expect(await eventsOfTask(system.sandbox, id)).toEqual([`task-cancelled-${id}`]);
    });
    expect(await getTask(lane.api, 'echo-steps', id)).toMatchObject({ echoed: [], log: [] });
    await lane.stop();
  });

  it('is settled by another worker where the one that had the task was killed', async () => {
    const lane = await system.openLane({ start: [] });
    const worker = lane.startWorker();
    const { _id: id } = await postTask(lane.api, 'echo-steps', { steps: 5, pause: '60s' });
    await eventually(async () => {
      expect(await getTask(lane.api, 'echo-steps', id)).toMatchObject({ echoed: ['step 1'] });
    });
    worker.kill('SIGKILL');
    await worker.ended;
    await lane.api(`/tasks/echo-steps/${id}`, { method: 'DELETE' });
    lane.startWorker();
    expect(await taskEnds(lane.api, 'echo-steps', id, 'CANCELLED')).toMatchObject({ echoed: ['step 1'] });
    await lane.stop();
  });
});

describe('a task that waits two seconds', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('runs once, with a worker ended by %s in between', async (signal) => {
    const lane = await system.openLane({ start: [] });
    const worker = lane.startWorker();
    await eventually(() => expect(worker.lines.some((line) => line.includes('"Working"'))).toBe(true));
    const postedAt = Date.now();
    const { _id: id } = await postTask(lane.api, 'echo-steps?delay=2s', { steps: ['once'] });
    await pause(500);
    worker.kill(signal);
    await worker.ended;
    lane.startWorker(PATIENT);
    const task = await taskEnds(lane.api, 'echo-steps', id, 'COMPLETED');
    const startedAt = Date.parse(task.log[0]?.timestamp ?? '');
    print(
      `with ${signal} in between, a task delayed by 2 s started after ${((startedAt - postedAt) / 1000).toFixed(1)} s`,
    );
    expect(startedAt - postedAt).toBeGreaterThanOrEqual(1_900);
    expect(task['echoed']).toEqual(['once']);
    expect(task.log.map(({ message }) => message)).toEqual(['Started: echo once', 'once']);
    // Two posts at nearly the same time: either may be the first.
    await eventually(async () => {
      expect((await eventsOfTask(system.sandbox, id)).sort()).toEqual([`task-completed-${id}`, `task-started-${id}`]);
    });
    await lane.stop();
  });
});
