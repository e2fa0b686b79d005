import { AppError } from '@quartermaster/foundation';
import type { TaskContext } from '../task-context.js';
import type { RestartFields } from './fields.js';
import type { Line } from './follow.js';
import { hasFailed, note, type Action, type Decision, type Outcome, type PlanState } from './plan.js';

export interface Acted {
  readonly state: PlanState;
  readonly lines: readonly Line[];
  /** The cloud could not be asked, for one of them at least. */
  readonly trouble?: AppError;
}

type Context = TaskContext<RestartFields>;
type Asked = 'asked' | 'perhaps' | 'never';

/** Carries out what was decided, one after the other; what can not be done now is left for the next round. */
export async function act(ctx: Context, { state, actions }: Decision, now: () => number): Promise<Acted> {
  let acted = state;
  let trouble: AppError | undefined;
  const lines: Line[] = [];
  for (const action of actions) {
    // A stop before this one has failed for good, and that was one too many: the rest is let go at the next round.
    if (action.kind === 'stop' && hasFailed(acted)) continue;
    const outcome = await tryAction(ctx, action);
    if (outcome instanceof AppError) {
      trouble ??= outcome;
      continue;
    }
    const { line, ...noted } = note(acted, action, outcome, now());
    acted = noted;
    if (line !== undefined) lines.push(line);
  }
  return { state: acted, lines, ...(trouble === undefined ? {} : { trouble }) };
}

async function tryAction(ctx: Context, action: Action): Promise<Outcome | AppError> {
  try {
    return { kind: await ask(ctx, action) };
  } catch (error) {
    if (!(error instanceof AppError) || !isOfTheCloud(error)) throw error;
    // No room: that passes, or the instance's own timeout ends it. The cloud itself is well.
    if (error.code === 'no-capacity') return { kind: 'refused', reason: error.message };
    if (error.kind === 'unavailable') return error;
    // Its state does not allow it now, or it has gone: the next look tells.
    if (error.kind === 'conflict' || error.kind === 'not-found') return { kind: 'refused', reason: error.message };
    return { kind: 'failed', reason: error.message };
  }
}

/** Losing the right to act, or Redis, is not the cloud's refusal. */
function isOfTheCloud({ code }: AppError): boolean {
  return code !== 'lease-lost' && !code.startsWith('redis-');
}

function ask(ctx: Context, { kind, id }: Action): Promise<Asked> {
  if (kind === 'trace') return traceStop(ctx, id);
  if (kind === 'stop') return stop(ctx, id);
  // Asked twice it is no error, and an old description that says "online" must not pass for a start: so no observation.
  return ctx.step(`start-${id}`, async (guard): Promise<Asked> => {
    await ctx.stacks.startInstance(id, guard);
    return 'asked';
  });
}

function stop(ctx: Context, id: string): Promise<Asked> {
  return ctx.step<Asked>(`stop-${id}`, {
    act: async (guard) => {
      await ctx.stacks.stopInstance(id, guard);
      return 'asked';
    },
    observe: async () => {
      const status = (await ctx.stacks.instance(id))?.Status;
      return status === 'stopping' || status === 'stopped' ? 'asked' : undefined;
    },
  });
}

/**
 * The same step as the stop, but it stops nothing: recorded, it tells that the stop was asked for; begun and not recorded,
 * that it may have been; never begun, that it was not, and now it never will be.
 */
function traceStop(ctx: Context, id: string): Promise<Asked> {
  return ctx.step<Asked>(`stop-${id}`, {
    act: () => Promise.resolve('never'),
    observe: () => Promise.resolve('perhaps'),
  });
}
