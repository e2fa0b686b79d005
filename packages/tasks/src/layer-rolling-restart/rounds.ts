import { AppError } from '@quartermaster/foundation';
import { RetryLater } from '@quartermaster/jobs';
import type { TaskModule } from '../define-task.js';
import type { TaskContext } from '../task-context.js';
import { act } from './act.js';
import { beginRestart } from './begin.js';
import type { RestartFields, SeenStatus } from './fields.js';
import { isInHand } from './follow.js';
import { decide, hasFailed, type Mode, type PlanState } from './plan.js';
import { leftOf, readState, skippedOf, toFields } from './record-state.js';

const MAX_PAUSE_MS = 60_000;

type Context = TaskContext<RestartFields>;

/**
 * The restart in rounds: look, decide, store what is intended, act, store what was done, and come again later. It may die
 * anywhere in between; the next round finds everything in the record and in the journal.
 */
export function createRollingRestart(now: () => number): Required<TaskModule<RestartFields>> {
  return {
    run: async (ctx) => {
      if (ctx.record.fields.targets === undefined) await beginRestart(ctx, now());
      const state = readState(ctx.record.fields, ctx.pollMs);
      if (state === undefined) return;
      if (ctx.stacks.name !== ctx.record.fields.source) throw sourceChanged(ctx);
      conclude(ctx, await playRound(ctx, state, 'restart', now));
    },
    settle: async (ctx) => {
      const state = readState(ctx.record.fields, ctx.pollMs);
      if (state === undefined) return;
      if (!state.targets.some(isInHand)) return ctx.update({ instancesLeft: leftOf(state.targets) });
      if (ctx.stacks.name !== ctx.record.fields.source) {
        // What is down can be brought back by that source only: not settled until it is there again.
        await saySourceIsAway(ctx, state);
        throw new RetryLater(MAX_PAUSE_MS);
      }
      await playRound(ctx, state, 'bring-back', now);
    },
  };
}

/** One round; returns the state when nothing is left to do, and asks for the next one otherwise. */
async function playRound(ctx: Context, state: PlanState, mode: Mode, now: () => number): Promise<PlanState> {
  const seen = await look(ctx, state);
  const decision = decide(state, seen, now(), mode);
  await store(ctx, decision.state, decision.isDone);
  for (const { level, message } of decision.lines) ctx.log[level](message);
  if (decision.isDone) return decision.state;

  const done = await act(ctx, decision, now);
  if (done.state !== decision.state) await store(ctx, done.state, false);
  for (const { level, message } of done.lines) ctx.log[level](message);
  if (done.trouble !== undefined) await backOff(ctx, done.trouble);
  if ((ctx.record.fields.trouble ?? 0) > 0) await ctx.update({ trouble: 0 });
  throw new RetryLater(ctx.pollMs);
}

/** Nothing is decided on what was not seen: without an answer the round ends here. */
async function look(ctx: Context, { targets }: PlanState): Promise<ReadonlyMap<string, SeenStatus>> {
  if (targets.length === 0) return new Map();
  try {
    const instances = await ctx.stacks.findInstances(targets.map(({ InstanceId }) => InstanceId));
    return new Map(instances.map(({ InstanceId, Status }) => [InstanceId, Status]));
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'unavailable') throw error;
    return backOff(ctx, error);
  }
}

/** The cloud is out of reach while instances may be down: no reason to give up, so it is tried for ever, ever slower. */
async function backOff(ctx: Context, error: AppError): Promise<never> {
  const times = (ctx.record.fields.trouble ?? 0) + 1;
  await ctx.update({ trouble: times });
  if (times === 1) ctx.log.warn(`${error.message} Trying again`);
  const pauseMs = Math.min(MAX_PAUSE_MS, ctx.pollMs * 2 ** Math.min(times, 10));
  throw new RetryLater(Math.max(pauseMs, (error.retryAfterSeconds ?? 0) * 1000));
}

function store(ctx: Context, state: PlanState, isDone: boolean): Promise<void> {
  const skipped = skippedOf(state.targets, ctx.record.fields.instancesSkipped);
  return ctx.update({
    ...toFields(state),
    ...(skipped.length === 0 ? {} : { instancesSkipped: skipped }),
    ...(isDone ? { instancesLeft: leftOf(state.targets) } : {}),
  });
}

/** Says how the restart came out; throws where it has failed. */
function conclude(ctx: Context, state: PlanState): void {
  const failures = state.targets.filter(({ phase }) => phase === 'failed');
  const named = failures.map(({ Hostname, reason }) => `${Hostname} (${reason ?? ''})`).join(', ');
  const restarted = state.targets.filter(({ phase }) => phase === 'online').length;
  const total = state.targets.length;
  if (hasFailed(state)) {
    const waiting = state.targets.filter(({ phase }) => phase === 'waiting').length;
    const rest = waiting === 0 ? '' : ` ${waiting} of ${total} were not restarted.`;
    const message = `${failures.length} failed, where ${state.maxFailures} may: ${named}.${rest}`;
    throw new AppError('unprocessable', 'too-many-failures', message);
  }
  if (failures.length > 0) ctx.log.warn(`${failures.length} failed: ${named}`);
  if (total > 0) ctx.log.info(`${restarted} of ${total} restarted`);
}

/** Once for each source: it is asked for every minute. */
function saySourceIsAway(ctx: Context, { targets }: PlanState): Promise<void> {
  const { source = '' } = ctx.record.fields;
  return ctx.step(`say-not-settled-${ctx.stacks.name}`, async () => {
    const left = targets.filter(isInHand).map(({ Hostname, InstanceId }) => `${Hostname} (${InstanceId})`);
    const todo = `set STACKS_SOURCE=${source} for the worker and restart it`;
    ctx.log.error(
      `${sourceChanged(ctx).message} Until ${source} is back this is not settled, and its layer stays claimed: ${todo}. ` +
        `In the middle: ${left.join(', ')}`,
    );
  });
}

function sourceChanged(ctx: Context): AppError {
  const { source = '' } = ctx.record.fields;
  const message = `This began with STACKS_SOURCE=${source} and can not go on with ${ctx.stacks.name}: ids differ.`;
  return new AppError('unprocessable', 'stacks-source-changed', message);
}
