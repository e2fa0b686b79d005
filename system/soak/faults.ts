import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../harness/api';
import type { Random } from './random';

/** A fault of the sandbox (docs/sandbox.md) that comes and goes. */
export interface PlannedFault {
  readonly weight: number;
  /** The body of `POST /_sandbox/faults`. */
  readonly fault: {
    readonly kind: string;
    readonly service?: string;
    readonly action?: string;
    readonly count?: number;
    readonly share?: number;
    readonly ms?: number;
    readonly after?: boolean;
    readonly status?: number;
    readonly code?: string;
  };
}

export interface FaultWeather {
  /** What a fault did to whom → how often it struck. */
  readonly struck: Readonly<Record<string, number>>;
  /** Sets and removes faults until the signal, then removes all. */
  run(signal: AbortSignal): Promise<void>;
}

/** How long (ms) a fault stays, and how long there is fair weather between two. */
const STAYS_MS = [600, 2500] as const;
const FAIR_MS = [200, 1500] as const;

/** Faults one after the other; the seed decides which, and for how long. */
export function createFaultWeather(sandbox: Api, random: Random, planned: readonly PlannedFault[]): FaultWeather {
  const struck: Record<string, number> = {};

  const add = async (fault: PlannedFault['fault']): Promise<string> => {
    const answer = await sandbox<{ id: string }>('/_sandbox/faults', { body: fault });
    if (answer.status !== 201) throw new Error(`The sandbox does not take a fault: ${answer.text}`);
    return answer.json().id;
  };

  const remove = async (id: string, fault: PlannedFault['fault']): Promise<void> => {
    const { faults } = (await sandbox<{ faults: { id: string; struck: number }[] }>('/_sandbox/faults')).json();
    const left = faults.find((one) => one.id === id);
    const name = [fault.kind, fault.action ?? fault.service ?? 'all'].join(' ');
    // One that has struck as often as it was to is gone by itself.
    struck[name] = (struck[name] ?? 0) + (left?.struck ?? fault.count ?? 0);
    if (left !== undefined) await sandbox(`/_sandbox/faults/${id}`, { method: 'DELETE' });
  };

  return {
    struck,
    run: async (signal) => {
      const wait = async ([least, most]: readonly [number, number]): Promise<void> => {
        const ms = random.between(least, most);
        await sleep(ms, undefined, { signal }).catch(() => undefined);
      };
      while (!signal.aborted && planned.length > 0) {
        await wait(FAIR_MS);
        const { fault } = random.pick(planned);
        if (signal.aborted) return;
        const id = await add(fault);
        await wait(STAYS_MS);
        await remove(id, fault);
      }
    },
  };
}
