import { createSilentLogger, type EffectGuard } from '@quartermaster/foundation';
import { openTestRedis, quickest, type TestRedis } from '@quartermaster/testing';
import { createRequestSlots, waitForSlot, type RequestSlots, type SlotLane } from './request-slots.js';

const guard: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };
const OPTIONS = { service: 'route53', perSecond: 4, log: createSilentLogger() };

let test: TestRedis;
beforeEach(async () => {
  test = await openTestRedis();
});
afterEach(() => test.close());

const open = (): RequestSlots => createRequestSlots(test.redis, test.keys, OPTIONS);

/** The most of these times (ms) that lie within one second. */
function busiestSecond(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 1000).length));
}

/** Requests that arrive some time after they were begun, and end some time after that. */
async function request(
  times: number[],
  claimant: string,
  { count, lane = 'change', slowMs = 0 }: { count: number; lane?: SlotLane; slowMs?: number },
): Promise<void> {
  const slots = open();
  for (let done = 0; done < count; done += 1) {
    const slot = await waitForSlot(slots, claimant, lane, guard);
    await pass(Math.random() * slowMs);
    times.push(performance.now());
    await pass(Math.random() * slowMs);
    await slot.end();
  }
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('slots for requests', () => {
  it('let through four a second at most, of four clients that ask at once, and waste little', async () => {
    const limitMs = 3 * 19 * 270;
    const took = await quickest(limitMs, async () => {
      const times: number[] = [];
      await Promise.all([1, 2, 3, 4].map((client) => request(times, `client-${client}`, { count: 5 })));
      console.log(`20 requests: the busiest second had ${busiestSecond(times)}`);
      expect(times).toHaveLength(20);
      expect(busiestSecond(times)).toBeLessThanOrEqual(4);
    });
    console.log(`20 requests took ${Math.round(took)} ms`);
    expect(took).toBeLessThan(limitMs);
  });

  it('are given in the order in which they were asked for', async () => {
    const order: number[] = [];
    const own = async (client: number): Promise<void> => {
      const times: number[] = [];
      await request(times, `client-${client}`, { count: 1 });
      order.push(client);
    };
    const running: Promise<void>[] = [];
    for (const client of [1, 2, 3, 4, 5]) {
      running.push(own(client));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await Promise.all(running);
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it('are shared by those who change and those who follow, however many and however eager', async () => {
    const [followed, changed]: [number[], number[]] = [[], []];
    const over = new AbortController();
    const follow = async (client: number): Promise<void> => {
      while (!over.signal.aborted) await request(followed, `change:${client}`, { count: 1, lane: 'follow' });
    };
    const following = Array.from({ length: 12 }, (_, client) => follow(client));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = followed.length;
    const limitMs = 3 * 10 * 2 * 270;
    const took = await quickest(limitMs, () => request(changed, 'zone:1', { count: 10 }));
    const beside = followed.length - before;
    over.abort();
    console.log(`10 changes took ${Math.round(took)} ms, beside 12 that follow, of which ${beside} had their turn`);
    expect(took).toBeLessThan(limitMs);
    expect(beside).toBeGreaterThanOrEqual(3);
    expect(busiestSecond([...followed, ...changed])).toBeLessThanOrEqual(4);
    await Promise.all(following);
  });

  it('let through four a second at most where requests take long, and arrive late', async () => {
    const times: number[] = [];
    const clients = [1, 2, 3, 4, 5, 6];
    await Promise.all(clients.map((client) => request(times, `client-${client}`, { count: 4, slowMs: 250 })));
    console.log(`24 slow requests: the busiest second had ${busiestSecond(times)}`);
    expect(busiestSecond(times)).toBeLessThanOrEqual(4);
  });

  it('hold up nobody for long whose claimant does not come back', async () => {
    const slots = open();
    const limitMs = 3 * 5 * 270;
    let tries = 0;
    const took = await quickest(limitMs, async () => {
      const name = `${(tries += 1)}`;
      const claims = await Promise.all(['b', 'c', 'd', 'e'].map((claimant) => slots.claim(claimant + name, 'change')));
      const granted = claims.flatMap((claim) => ('slot' in claim ? [claim.slot] : []));
      expect(granted.length).toBeLessThan(4);
      await Promise.all(granted.map((slot) => slot.end()));
      await (await waitForSlot(slots, `f${name}`, 'change', guard)).end();
    });
    expect(took).toBeLessThan(limitMs);
  });

  it('end with the right to act', async () => {
    const over = { ...guard, assertHeld: () => void raise() };
    await expect(waitForSlot(open(), 'a', 'change', over)).rejects.toThrow('over');
  });
});

function raise(): never {
  throw new Error('over');
}
