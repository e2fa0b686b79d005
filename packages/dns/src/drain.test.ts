import { AppError } from '@quartermaster/foundation';
import { toDrainEvent } from './drain-event.js';
import { advance, nextAction } from './drain.js';
import { EMPTY_DRAIN, type DrainEvent, type DrainState, type Outcome } from './drain-state.js';
import type { WaitingSet } from './plan-batch.js';
import type { RecordSet } from './record.js';

const set = (name: string, value = '10.0.0.1'): RecordSet => ({
  name: `${name}.example.com`,
  type: 'A',
  ttl: 60,
  values: [value],
  is_special: false,
});
const waits = (id: string, more: Partial<WaitingSet> = {}): WaitingSet => ({
  id,
  record: id,
  force: false,
  wished: set(id),
  ...more,
});

/** A drain that has gone through these events. */
function after(waiting: readonly WaitingSet[], ...events: DrainEvent[]): { state: DrainState; outcomes: Outcome[] } {
  let { state } = advance(EMPTY_DRAIN, { event: 'taken', waiting }, 0);
  const outcomes: Outcome[] = [];
  for (const event of events) {
    const step = advance(JSON.parse(JSON.stringify(state)) as DrainState, event, 0);
    state = step.state;
    outcomes.push(...step.outcomes);
  }
  return { state, outcomes };
}

const sending = { event: 'sending' } as const;
const lost = { event: 'lost' } as const;
const accepted = { event: 'accepted', change_id: 'C1', status: 'PENDING' } as const;
const refused = (...messages: string[]): DrainEvent => ({ event: 'refused', reason: messages.join('; '), messages });
const looked = (...standing: RecordSet[]): DrainEvent => ({ event: 'looked', standing });
const sent = (state: DrainState): unknown => {
  const action = nextAction(state, 60_000);
  return action.do === 'send'
    ? action.changes.map((change) => `${change.action} ${change.set.name.charAt(0)} ${change.set.values[0]}`)
    : action;
};

it('with nothing in hand it takes what waits, and sends it in one batch', () => {
  expect(nextAction(EMPTY_DRAIN, 0)).toEqual({ do: 'take' });
  const { state } = after([waits('a'), waits('b', { applied: set('b', '10.0.0.9') })]);
  expect(sent(state)).toEqual(['CREATE a 10.0.0.1', 'DELETE b 10.0.0.9', 'CREATE b 10.0.0.1']);
  const { outcomes, state: end } = after([waits('a')], sending, accepted);
  expect(outcomes).toEqual([
    { id: 'a', record: 'a', result: 'accepted', change_id: 'C1', status: 'PENDING', applied: set('a') },
  ]);
  expect(nextAction(end, 0)).toEqual({ do: 'take' });
});

it('one bad set fails alone, with Route 53’s reason', () => {
  const sets = ['a', 'b', 'c', 'd'].map((id) => waits(id));
  const first = after(sets, sending, refused('FATAL problem'));
  expect(sent(first.state)).toEqual(['CREATE a 10.0.0.1', 'CREATE b 10.0.0.1']);
  const alone = after(sets, sending, refused('FATAL'), sending, accepted, sending, refused("name='c.example.com.'"));
  expect(alone.outcomes.map(({ id, result }) => [id, result])).toEqual([
    ['a', 'accepted'],
    ['b', 'accepted'],
  ]);
  const rest = [sending, accepted, sending, refused('bad c'), looked(), sending, refused('bad c'), looked()];
  let { state } = alone;
  const outcomes: Outcome[] = [];
  for (const event of rest) {
    const step = advance(state, event, 0);
    state = step.state;
    outcomes.push(...step.outcomes);
  }
  expect(outcomes).toMatchObject([
    { id: 'd', result: 'accepted' },
    { id: 'c', result: 'failed', error: { kind: 'unprocessable', code: 'change-refused', message: 'bad c' } },
  ]);
});

it('a refusal because of somebody else’s record is a conflict that says what stands there', () => {
  const theirs = set('a', '10.9.9.9');
  const { outcomes } = after(
    [waits('a', { applied: set('a', '10.0.0.9') })],
    sending,
    refused('no match'),
    looked(theirs),
  );
  expect(outcomes).toMatchObject([
    {
      result: 'failed',
      error: {
        kind: 'conflict',
        message: expect.stringContaining('A 10.9.9.9 (TTL 60) stands at a.example.com') as string,
      },
      applied: set('a', '10.0.0.9'),
    },
  ]);
});

it('what somebody has deleted is made anew', () => {
  const { state } = after([waits('a', { applied: set('a', '10.0.0.9') })], sending, refused('not found'), looked());
  expect(sent(state)).toEqual(['CREATE a 10.0.0.1']);
});

it('a lost answer: waits, looks at all names, confirms what is done, sends anew what is not', () => {
  const sets = [
    waits('a'),
    waits('b', { applied: set('b', '10.0.0.9') }),
    waits('c'),
    waits('d', { wished: undefined, applied: set('d') }),
  ];
  const { state } = after(sets, sending, lost);
  expect(nextAction(state, 1_000)).toEqual({ do: 'wait', until: 12_000 });
  expect(nextAction(state, 12_000)).toEqual({
    do: 'look',
    names: ['a.example.com', 'b.example.com', 'c.example.com', 'd.example.com'],
  });
  const next = advance(state, looked(set('a'), set('b', '10.0.0.9'), set('c', '10.9.9.9')), 12_000);
  expect(sent(next.state)).toEqual([
    'DELETE a 10.0.0.1',
    'CREATE a 10.0.0.1',
    'DELETE b 10.0.0.9',
    'CREATE b 10.0.0.1',
  ]);
  expect(next.outcomes).toMatchObject([
    { id: 'c', result: 'failed' },
    { id: 'd', result: 'unchanged' },
  ]);
});

it('a repeat and a forced wish look first', () => {
  const repeat = after([waits('a', { applied: set('a') })]);
  expect(nextAction(repeat.state, 0)).toEqual({ do: 'look', names: ['a.example.com'] });
  expect(advance(repeat.state, looked(set('a')), 0).outcomes).toMatchObject([{ result: 'unchanged' }]);
  const forced = after([waits('a', { force: true })], looked(set('a', '10.9.9.9')));
  expect(sent(forced.state)).toEqual(['UPSERT a 10.0.0.1']);
});

it('what Route 53 has not taken is sent again, later', () => {
  const { state } = after([waits('a')], sending, { event: 'unsent', again_at: 500 });
  expect(nextAction(state, 499)).toEqual({ do: 'wait', until: 500 });
  expect(nextAction(state, 500)).toMatchObject({ do: 'send' });
});

it('a zone that is gone fails everything but deletions, and nothing of ours stands there', () => {
  const error = { kind: 'not-found', code: 'zone-not-found', message: 'gone' } as const;
  const sets = [
    waits('a'),
    waits('b', { applied: set('b', '10.0.0.9') }),
    waits('c', { wished: undefined, applied: set('c') }),
  ];
  const { outcomes } = after(sets, sending, { event: 'hopeless', error });
  const failed = { result: 'failed', error: { ...error, kind: 'unprocessable' } };
  expect(outcomes).toEqual([
    { id: 'a', record: 'a', ...failed },
    { id: 'b', record: 'b', ...failed },
    { id: 'c', record: 'c', result: 'unchanged' },
  ]);
});

it('what stood there already by somebody else’s hand is in sync and stays theirs', () => {
  const theirs = { ...set('a'), is_special: true };
  const { outcomes } = after([waits('a')], sending, refused('exists'), looked(set('a')));
  expect(outcomes).toEqual([{ id: 'a', record: 'a', result: 'unchanged', applied: theirs }]);
  for (const wished of [undefined, set('a', '10.0.0.2'), { ...set('a'), type: 'TXT' }]) {
    const changed = after([waits('a', { applied: theirs, wished })], looked(set('a')));
    expect(changed.outcomes).toMatchObject([{ result: 'failed', error: { code: 'foreign-record' }, applied: theirs }]);
  }
  const again = after([waits('a', { applied: theirs })], looked(set('a')));
  expect(again.outcomes).toMatchObject([{ result: 'unchanged', applied: theirs }]);
  const gone = after([waits('a', { applied: theirs, wished: undefined })], looked());
  expect(gone.outcomes).toEqual([{ id: 'a', record: 'a', result: 'unchanged' }]);
  const remade = after([waits('a', { applied: theirs })], looked());
  expect(sent(remade.state)).toEqual(['CREATE a 10.0.0.1']);
  const forced = after([waits('a', { force: true })], looked(set('a')));
  expect(forced.outcomes).toMatchObject([{ result: 'unchanged', applied: set('a') }]);
  const removed = after([waits('a', { force: true, applied: theirs, wished: undefined })], looked(set('a')));
  expect(sent(removed.state)).toEqual(['DELETE a 10.0.0.1']);
});

it('a rename onto what stood there already takes the old name away and leaves the new one theirs', () => {
  const wish = waits('a', { applied: set('b'), wished: set('a') });
  const { outcomes } = after([wish], sending, refused('exists'), looked(set('a'), set('b')), sending, accepted);
  expect(outcomes).toMatchObject([{ result: 'accepted', applied: { ...set('a'), is_special: true } }]);
});

it('an event that does not belong there is a mistake', () => {
  expect(() => after([waits('a')], accepted)).toThrow('ready can’t be accepted');
  expect(() => advance(EMPTY_DRAIN, sending, 0)).toThrow('nothing in hand');
});

it.each<[string, object]>([
  ['route53-throttled', { event: 'unsent', again_at: 1_500 }],
  ['prior-request-not-complete', { event: 'unsent', again_at: 1_000 }],
  ['route53-unavailable', { event: 'lost' }],
])('%s tells the drain %j', (code, event) => {
  expect(toDrainEvent(new AppError('unavailable', code, ''), 0)).toEqual(event);
});

it('a bug or a lost lease tells the drain nothing', () => {
  expect(toDrainEvent(new Error('bug'), 0)).toBeUndefined();
});
