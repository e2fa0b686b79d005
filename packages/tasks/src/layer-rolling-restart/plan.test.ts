import type { SeenStatus, Target } from './fields.js';
import { decide, note, type Decision, type Mode, type PlanState } from './plan.js';

const target = (number: number, more: Partial<Target> = {}): Target => ({
  Hostname: `api${number}`,
  InstanceId: `i-${number}`,
  phase: 'waiting',
  looks: 0,
  moved: false,
  spentMs: 0,
  ...more,
});

function stateOf(targets: readonly Target[], more: Partial<PlanState> = {}): PlanState {
  return { windowSize: 1, timeoutMs: 60_000, maxFailures: 0, gapMs: 20_000, targets, lookedAt: 0, ...more };
}

function look(state: PlanState, seen: readonly SeenStatus[], mode: Mode = 'restart', now = 5000): Decision {
  const statuses = new Map(state.targets.map(({ InstanceId }, index) => [InstanceId, seen[index] ?? 'missing']));
  return decide(state, statuses, now, mode);
}

const actionsOf = ({ actions }: Decision): string[] => actions.map(({ kind, id }) => `${kind} ${id}`);
const phasesOf = ({ state }: Decision): string[] => state.targets.map(({ phase }) => phase);

describe('a round', () => {
  it('intends as many stops as the window has, in order', () => {
    const decision = look(stateOf([target(1), target(2), target(3)], { windowSize: 2 }), [
      'online',
      'online',
      'online',
    ]);
    expect(actionsOf(decision)).toEqual(['stop i-1', 'stop i-2']);
    expect(phasesOf(decision)).toEqual(['stopping', 'stopping', 'waiting']);
  });

  it('counts one that fell by itself as down', () => {
    expect(actionsOf(look(stateOf([target(1), target(2)]), ['online', 'connection_lost']))).toEqual([]);
    const wide = stateOf([target(1), target(2), target(3)], { windowSize: 2 });
    expect(actionsOf(look(wide, ['online', 'online', 'stopped']))).toEqual(['stop i-1']);
  });

  it('counts one that failed as down until it is seen online, and then again', () => {
    const gone = target(1, { phase: 'failed' });
    const state = stateOf([gone, target(2), target(3)], { windowSize: 2, maxFailures: 3 });
    expect(actionsOf(look(state, ['start_failed', 'online', 'online']))).toEqual(['stop i-2']);
    // What is described right after the failure may be as old as its stop.
    const once = look(state, ['online', 'online', 'online']);
    expect(actionsOf(once)).toEqual(['stop i-2']);
    expect(phasesOf(look(once.state, ['online', 'stopping', 'online']))).toEqual(['failed', 'stopping', 'stopping']);
  });

  it('goes on with one at a time where those that failed fill the window', () => {
    const lost = [target(1, { phase: 'failed' }), target(2, { phase: 'failed' })];
    const state = stateOf([...lost, target(3), target(4)], { windowSize: 2, maxFailures: 3 });
    expect(actionsOf(look(state, ['terminated', 'stopped', 'online', 'online']))).toEqual(['stop i-3']);
    expect(actionsOf(look(state, ['terminated', 'stopped', 'online', 'stopped']))).toEqual([]);
    const repairs = [target(3, { repair: true }), target(4, { repair: true })];
    const down = look(stateOf([...lost, ...repairs], { windowSize: 2, maxFailures: 3 }), Array(4).fill('stopped'));
    expect(actionsOf(down)).toEqual(['start i-3']);
  });

  it('does not take one that is still described as online for restarted', () => {
    const state = stateOf([target(1, { phase: 'stopping', sent: true })]);
    expect(phasesOf(look(state, ['online']))).toEqual(['stopping']);
  });

  it('believes an online right after the start only when it has seen it come up, or sees it twice', () => {
    const state = stateOf([target(1, { phase: 'starting' })]);
    const once = look(state, ['online']);
    expect(phasesOf(once)).toEqual(['starting']);
    expect(phasesOf(look(once.state, ['online']))).toEqual(['online']);
    expect(phasesOf(look(look(state, ['booting']).state, ['online']))).toEqual(['online']);
  });

  it('asks again for a stop that was intended, unless others have fallen meanwhile', () => {
    const state = stateOf([target(1, { phase: 'stopping', sent: false }), target(2, { phase: 'online' })]);
    expect(actionsOf(look(state, ['online', 'online']))).toEqual(['stop i-1']);
    expect(actionsOf(look(state, ['online', 'stopped']))).toEqual([]);
  });

  it('sees that somebody else has started what it stopped', () => {
    const once = look(stateOf([target(1, { phase: 'stopping', sent: true })]), ['booting']);
    expect(phasesOf(once)).toEqual(['stopping']);
    const twice = look(once.state, ['booting']);
    expect([phasesOf(twice), actionsOf(twice)]).toEqual([['starting'], []]);
    expect(phasesOf(look(twice.state, ['online']))).toEqual(['online']);
  });

  it('leaves out what is gone before its turn, and fails what goes in the middle', () => {
    const state = stateOf([target(1, { phase: 'starting' }), target(2), target(3)]);
    const decision = look({ ...state, maxFailures: 1 }, ['terminated', 'terminated', 'online']);
    expect(phasesOf(decision)).toEqual(['failed', 'skipped', 'stopping']);
  });

  it('does not believe at once that one is gone which the source merely leaves out', () => {
    let decision = look(stateOf([target(1)]), ['missing']);
    expect(phasesOf(decision)).toEqual(['waiting']);
    decision = look(look(decision.state, ['missing']).state, ['missing']);
    expect([phasesOf(decision), decision.isDone]).toEqual([['skipped'], true]);
  });

  it('begins nothing new after too many failures, and ends once nothing is in the middle', () => {
    const state = stateOf([target(1, { phase: 'starting', moved: true }), target(2, { phase: 'starting' }), target(3)]);
    const decision = look(state, ['start_failed', 'booting', 'online']);
    expect([phasesOf(decision), decision.isDone]).toEqual([['failed', 'starting', 'waiting'], false]);
    expect(look(decision.state, ['start_failed', 'online', 'online'])).toMatchObject({ isDone: true, actions: [] });
  });

  it('counts time against the timeout only as far as somebody looked', () => {
    const state = stateOf([target(1, { phase: 'starting' })]);
    expect(phasesOf(look(state, ['booting'], 'restart', 3_600_000))).toEqual(['starting']);
    const spent = stateOf([target(1, { phase: 'starting', spentMs: 59_000 })]);
    expect(look(spent, ['booting']).state.targets[0]).toMatchObject({ phase: 'failed' });
  });

  it('brings up what is down and was asked for, what it needs first being done first', () => {
    const repair = { repair: true } as const;
    const state = stateOf([target(1), target(2, repair), target(3, repair)], { windowSize: 2 });
    const decision = look(state, ['online', 'start_failed', 'setup_failed']);
    expect(actionsOf(decision)).toEqual(['start i-2', 'stop i-3']);
  });
});

describe('bringing back', () => {
  it('stops nothing, traces what was only intended, and starts what is stopped', () => {
    const stopping = { phase: 'stopping', sent: false } as const;
    const state = stateOf([target(1, stopping), target(2, { phase: 'stopped' }), target(3)], { windowSize: 3 });
    expect(actionsOf(look(state, ['online', 'stopped', 'online'], 'bring-back'))).toEqual(['trace i-1', 'start i-2']);
  });

  it('lets go at once what was never asked to stop, and watches what perhaps was', () => {
    const state = stateOf([target(1, { phase: 'stopping', sent: false })]);
    const trace = { kind: 'trace', id: 'i-1' } as const;
    expect(look(note(state, trace, { kind: 'never' }, 0), ['online'], 'bring-back').isDone).toBe(true);
    let decision = look(note(state, trace, { kind: 'perhaps' }, 0), ['online'], 'bring-back');
    for (let round = 2; round <= 5; round += 1) {
      expect([phasesOf(decision), decision.isDone]).toEqual([['unclear'], false]);
      decision = look(decision.state, ['online'], 'bring-back', 5000 * round);
    }
    expect(look(decision.state, ['online'], 'bring-back', 30_000).isDone).toBe(true);
    expect(phasesOf(look(decision.state, ['stopping'], 'bring-back', 30_000))).toEqual(['stopping']);
  });
});
