import { parseDuration } from '@quartermaster/foundation';
import type { TaskContext } from '../task-context.js';
import type { EchoProgress, EchoSent } from './index.js';

type Context = TaskContext<EchoSent & EchoProgress>;

/** Echoes one word after another. It may begin anew at any time: steps that are done are not done again. */
export async function run(ctx: Context): Promise<void> {
  const { pause } = ctx.record.fields;
  for (const [index, word] of wordsOf(ctx).entries()) {
    const isEchoed = (): boolean => ctx.record.fields.echoed.length > index;
    if (index > 0 && !isEchoed()) await ctx.sleep(parseDuration(pause) ?? 0);
    await ctx.step(`echo-${index + 1}`, {
      act: async () => {
        await ctx.update({ echoed: [...ctx.record.fields.echoed, word] });
        ctx.log.info(word);
        return true;
      },
      // Asked where a worker died in the middle of this step: has it had its effect?
      observe: () => Promise.resolve(isEchoed() ? true : undefined),
    });
  }
}

/** After a cancel or a failure: an echo leaves nothing to be brought back, so it only says how far it came. */
export function settle(ctx: Context): Promise<void> {
  ctx.log.info(`Stopped after ${ctx.record.fields.echoed.length} of ${wordsOf(ctx).length}`);
  return Promise.resolve();
}

function wordsOf({ record }: Context): readonly string[] {
  const { steps } = record.fields;
  return typeof steps === 'number' ? Array.from({ length: steps }, (_, index) => `step ${index + 1}`) : steps;
}
