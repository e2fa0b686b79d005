import type { CloudInstance, InstanceState } from './instance.js';
import { planRefresh, type CachedInstance, type RefreshFacts } from './plan-refresh.js';

const STARTED = 1_000_000;
const GRACE = 60_000;
const LONG_AGO = STARTED - 10 * GRACE;
const LATELY = STARTED - GRACE / 2;

function instance(id: string, fields: Partial<CloudInstance> = {}): CloudInstance {
  return {
    id,
    name: id,
    instance_type: 't3.micro',
    image_id: 'ami-1',
    ip: '',
    private_ip: '10.0.0.1',
    launch_time: '2026-01-01T00:00:00.000Z',
    state: 'running',
    queue: 'docker',
    env: 'staging',
    site: 'org',
    role: 'worker',
    managed: true,
    build_id: 'b1',
    ...fields,
  };
}

function cached(...entries: [CloudInstance, number][]): ReadonlyMap<string, CachedInstance> {
  return new Map(entries.map(([instance, written_at]) => [instance.id, { instance, written_at }]));
}

function plan(facts: Partial<RefreshFacts>) {
  return planRefresh({
    current: new Map(),
    listed: [],
    forgotten: new Map(),
    startedAt: STARTED,
    graceMs: GRACE,
    ...facts,
  });
}

const NOTHING = { write: [], remove: [] };

describe('planRefresh', () => {
  it('writes what is new and removes what is gone', () => {
    const [a, b] = [instance('i-a'), instance('i-b')];
    expect(plan({ current: cached([a, LONG_AGO]), listed: [b] })).toEqual({ write: [b], remove: ['i-a'] });
  });

  it('does nothing where nothing has changed, whatever the order of fields', () => {
    const a = instance('i-a');
    const reordered = Object.fromEntries(Object.entries(a).reverse()) as unknown as CloudInstance;
    expect(plan({ current: cached([a, LONG_AGO]), listed: [reordered] })).toEqual(NOTHING);
  });

  it.each(Object.keys(instance('i-a')).filter((field) => field !== 'id' && field !== 'state' && field !== 'managed'))(
    'writes an instance whose %s has changed',
    (field) => {
      const changed = { ...instance('i-a'), [field]: 'changed' };
      const { write } = plan({ current: cached([instance('i-a'), LONG_AGO]), listed: [changed] });
      expect(write).toEqual([changed]);
    },
  );

  it.each<InstanceState>(['shutting-down', 'terminated'])('keeps no instance that is %s', (state) => {
    const leaving = instance('i-a', { state });
    expect(plan({ listed: [leaving] })).toEqual(NOTHING);
    // Even one written a moment ago: nobody comes back from there.
    expect(plan({ current: cached([instance('i-a'), STARTED + 1]), listed: [leaving] })).toEqual({
      write: [],
      remove: ['i-a'],
    });
  });

  it.each<InstanceState>(['pending', 'running', 'stopping', 'stopped'])('keeps an instance that is %s', (state) => {
    const kept = instance('i-a', { state });
    expect(plan({ listed: [kept] })).toEqual({ write: [kept], remove: [] });
  });

  describe('while EC2’s listing lags behind', () => {
    it('keeps an instance that a build wrote lately and the listing lacks', () => {
      expect(plan({ current: cached([instance('i-a'), LATELY]) })).toEqual(NOTHING);
      expect(plan({ current: cached([instance('i-a'), STARTED + 1]) })).toEqual(NOTHING);
    });

    it('removes it once the grace is over, to the millisecond', () => {
      expect(plan({ current: cached([instance('i-a'), STARTED - GRACE + 1]) })).toEqual(NOTHING);
      expect(plan({ current: cached([instance('i-a'), STARTED - GRACE]) }).remove).toEqual(['i-a']);
    });

    it('does not overwrite what was written after the listing began', () => {
      const listed = [instance('i-a', { name: '' })];
      expect(plan({ current: cached([instance('i-a'), STARTED + 1]), listed })).toEqual(NOTHING);
      expect(plan({ current: cached([instance('i-a'), STARTED - 1]), listed }).write).toEqual(listed);
    });

    it('does not bring back what was terminated lately', () => {
      const listed = [instance('i-a')];
      expect(plan({ listed, forgotten: new Map([['i-a', LATELY]]) })).toEqual(NOTHING);
      expect(plan({ listed, forgotten: new Map([['i-a', STARTED + 1]]) })).toEqual(NOTHING);
    });

    it('removes what was terminated lately and written again, listed or not', () => {
      const current = cached([instance('i-a'), STARTED + 1]);
      const forgotten = new Map([['i-a', LATELY]]);
      expect(plan({ current, forgotten }).remove).toEqual(['i-a']);
      expect(plan({ current, forgotten, listed: [instance('i-a')] })).toEqual({ write: [], remove: ['i-a'] });
    });

    it('believes the listing again when the termination is long past', () => {
      const listed = [instance('i-a')];
      expect(plan({ listed, forgotten: new Map([['i-a', STARTED - GRACE]]) }).write).toEqual(listed);
    });
  });

  it('carries out its own plan to a fixed point', () => {
    const current = cached([instance('i-a'), LONG_AGO], [instance('i-b', { name: 'old' }), LONG_AGO]);
    const listed = [instance('i-b'), instance('i-c'), instance('i-d', { state: 'terminated' })];
    const { write, remove } = plan({ current, listed });
    const next = new Map([...current].filter(([id]) => !remove.includes(id)));
    for (const written of write) next.set(written.id, { instance: written, written_at: STARTED });
    expect([...next.keys()]).toEqual(['i-b', 'i-c']);
    expect(plan({ current: next, listed, startedAt: STARTED + 2 * GRACE })).toEqual(NOTHING);
  });
});
