import type { Cluster, LastOperation } from './couchdb-api.js';
import {
  accept,
  DOUBT_MS,
  endOf,
  lookFirst,
  progressOf,
  seeAgain,
  STILL_MS,
  type End,
  type Goal,
  type Sight,
} from './goal.js';

interface Standing {
  readonly nodes?: number;
  readonly ready?: number;
  readonly ring?: number;
  readonly databases?: readonly string[];
}

/** A cluster whose ring goes through the nodes 1 to `ring`. */
function cluster(replicas: number, standing: Standing = {}): Cluster {
  const { nodes = replicas, ready = nodes, ring = nodes, databases = ['test'] } = standing;
  const name = (i: number): string => `node-${i}`;
  const members = ring < 2 ? [] : Array.from({ length: ring }, (_none, i) => name(i));
  return {
    Tag: 'shop',
    Username: 'ann',
    Replicas: replicas,
    Endpoint: 'http://10.0.0.7:5984',
    Namespace: 'default',
    Databases: databases,
    Nodes: Array.from({ length: nodes }, (_none, i) => ({ Name: name(i), Ready: i < ready })),
    Replications: members.flatMap((From, i) =>
      databases.map((Database) => ({ Database, From, To: name((i + 1) % ring), State: 'running' })),
    ),
  };
}

/** Looks that follow each other, after the change was accepted. */
function see(goal: Goal, ...looks: readonly (Cluster | undefined)[]): Sight {
  return looks.reduce<Sight>((sight, look, i) => seeAgain(goal, sight, look, i), lookFirst(true, 0));
}

const END_AT = 1000;
const three: Goal = { kind: 'scale', replicas: 3 };

it('is done when all nodes are ready and the ring goes through each of them', () => {
  expect(endOf(three, see(three, cluster(1), cluster(3, { ready: 2, ring: 1 })), END_AT)).toBeUndefined();
  expect(endOf(three, see(three, cluster(1), cluster(3, { ring: 2 })), END_AT)).toBeUndefined();
  expect(endOf(three, see(three, cluster(1), cluster(3)), END_AT)).toEqual({ is: 'done' });
  expect(endOf(three, see(three, cluster(3)), END_AT)).toEqual({ is: 'done' });
});

it('needs no ring for one node', () => {
  const one: Goal = { kind: 'create', replicas: 1 };
  expect(endOf(one, see(one, cluster(1, { ready: 0 })), END_AT)).toBeUndefined();
  expect(endOf(one, see(one, cluster(1)), END_AT)).toEqual({ is: 'done' });
});

it('decides nothing while the request itself may tell more', () => {
  const sight = seeAgain(three, lookFirst(false, 0), cluster(3), 1);
  expect(endOf(three, sight, STILL_MS * 2)).toBeUndefined();
});

it('takes a cluster that is back where it was for one that could not be scaled', () => {
  const failed = { is: 'failed', why: 'It was not scaled to 3: it is back at 1 node.' };
  expect(endOf(three, see(three, cluster(1), cluster(3, { ready: 1, ring: 1 }), cluster(1)), END_AT)).toEqual(failed);
  // Nothing has begun yet: it may wait for its turn.
  expect(endOf(three, see(three, cluster(1), cluster(1)), END_AT)).toBeUndefined();
  // Down: the ring was drawn without those that were to leave, and then with them again.
  const down = see(three, cluster(5), cluster(5, { ring: 3 }), cluster(5));
  expect(endOf(three, down, END_AT)).toMatchObject({ is: 'failed', why: expect.stringContaining('back at 5 nodes') });
});

it('takes databases that go again for refused ones', () => {
  const goal: Goal = { kind: 'replicate', databases: ['logs'] };
  const both = { databases: ['logs', 'test'] };
  expect(endOf(goal, see(goal, cluster(3), cluster(3, both)), END_AT)).toEqual({ is: 'done' });
  expect(endOf(goal, see(goal, cluster(3)), END_AT)).toBeUndefined();
  expect(endOf(goal, see(goal, cluster(3), cluster(3, { ...both, ring: 2 }), cluster(3)), END_AT)).toMatchObject({
    is: 'failed',
    why: expect.stringContaining('refused'),
  });
});

it('believes that a cluster is not there when it was looked for twice', () => {
  const make: Goal = { kind: 'create', replicas: 3 };
  expect(endOf(make, see(make, undefined), END_AT)).toBeUndefined();
  expect(endOf(make, see(make, undefined, undefined), END_AT)).toMatchObject({
    is: 'failed',
    why: expect.stringContaining('could not be made'),
  });
  expect(endOf(three, see(three, cluster(1), undefined, undefined), END_AT)).toMatchObject({ is: 'failed' });
  for (const kind of ['delete', 'settle'] as const) {
    expect(endOf({ kind }, see({ kind }, cluster(1), undefined, undefined), END_AT)).toEqual({ is: 'done' });
  }
});

it('waits for a deletion while anything is left', () => {
  const goal: Goal = { kind: 'delete' };
  expect(endOf(goal, see(goal, { ...cluster(2), Deleting: true }), END_AT)).toBeUndefined();
});

it('gives up a cluster that stands still, and says that nobody knows', () => {
  const sight = see(three, cluster(1));
  expect(endOf(three, sight, STILL_MS - 1)).toBeUndefined();
  expect(endOf(three, sight, STILL_MS)).toMatchObject({
    is: 'failed',
    why: 'Nothing has changed for 30m: it may have failed, and the API does not tell any more.',
  });
});

describe('after a lost answer', () => {
  const lost = (goal: Goal, ...looks: readonly (Cluster | undefined)[]): Sight =>
    looks.reduce<Sight>((sight, look, i) => seeAgain(goal, sight, look, i), accept(lookFirst(false, 0), 'lost', 0));
  const unknown = { is: 'failed', why: expect.stringContaining('it may not have been accepted') };

  it('gives up soon what nothing is seen of', () => {
    const make: Goal = { kind: 'create', replicas: 3 };
    const scaling = lost(three, cluster(1), cluster(1));
    expect(endOf(three, scaling, DOUBT_MS - 1)).toBeUndefined();
    expect(endOf(three, scaling, DOUBT_MS)).toMatchObject(unknown);
    // It may wait for the mini-worker to put it into its queue.
    expect(endOf(make, lost(make, undefined, undefined), DOUBT_MS - 1)).toBeUndefined();
    expect(endOf(make, lost(make, undefined, undefined), DOUBT_MS)).toMatchObject(unknown);
    const going: Goal = { kind: 'delete' };
    expect(endOf(going, lost(going, cluster(1)), DOUBT_MS)).toMatchObject(unknown);
  });

  it('counts from when the server told of the cluster first', () => {
    const away = accept(lookFirst(false, 0), 'lost', 0);
    expect(endOf(three, away, DOUBT_MS * 2)).toBeUndefined();
    expect(endOf(three, seeAgain(three, away, cluster(1), DOUBT_MS * 2), DOUBT_MS * 2 + 1)).toBeUndefined();
  });

  it('doubts no more what has begun', () => {
    const make: Goal = { kind: 'create', replicas: 3 };
    const going: Goal = { kind: 'delete' };
    const begun: readonly [Goal, Sight][] = [
      [make, lost(make, cluster(3, { ready: 0 }))],
      [three, lost(three, cluster(1), cluster(3, { ready: 1, ring: 1 }))],
      [going, lost(going, { ...cluster(2), Deleting: true })],
    ];
    for (const [goal, sight] of begun) expect(endOf(goal, sight, DOUBT_MS * 2)).toBeUndefined();
    expect(endOf(three, lost(three, cluster(3)), END_AT)).toEqual({ is: 'done' });
    expect(endOf(going, lost(going, undefined, undefined), END_AT)).toEqual({ is: 'done' });
  });
});

it('shows how far it is', () => {
  const text = (goal: Goal, ...looks: (Cluster | undefined)[]): string =>
    progressOf(goal, see(goal, ...looks), 'shop').text;
  expect(text({ kind: 'create', replicas: 3 }, undefined)).toBe('shop: not there yet');
  expect(text(three, cluster(3, { ready: 2, ring: 2 }))).toBe('shop: 2 of 3 nodes ready, 2 of 2 replications run');
  expect(text(three, cluster(5, { ring: 3 }))).toBe('shop: 5 of 5 nodes ready, 2 to go, 3 of 3 replications run');
  expect(text({ kind: 'delete' }, { ...cluster(2, { nodes: 1 }), Deleting: true })).toBe('shop: 1 node left');
  expect(text({ kind: 'delete' }, cluster(2), undefined)).toBe('shop: gone');
  expect(progressOf(three, see(three, cluster(3)), 'shop')).toMatchObject({ done: 6, total: 6 });
});

describe('an operation that the server tells of', () => {
  const asked = accept(lookFirst(false, 0), { operation: 'o1' }, 0);
  const last = (State: LastOperation['State'], more: Partial<LastOperation> = {}): Cluster => ({
    ...cluster(3),
    LastOperation: { Id: 'o1', Kind: 'scale', State, ...more },
  });

  it('ends when the server says so, whatever the cluster looks like', () => {
    expect(endOf(three, seeAgain(three, asked, last('waiting'), 1), STILL_MS * 2)).toBeUndefined();
    expect(endOf(three, seeAgain(three, asked, last('done', { Message: 'Scaled.' }), 1), 2)).toEqual({ is: 'done' });
    const failure = last('failed', { Message: '2 of 3 nodes are ready.', Code: 'cluster-not-ready' });
    expect(endOf(three, seeAgain(three, asked, failure, 1), 2)).toEqual({
      is: 'failed',
      isTold: true,
      why: '2 of 3 nodes are ready.',
      code: 'cluster-not-ready',
    });
  });

  it('is judged by the cluster where another one was asked for since', () => {
    const other = last('waiting', { Id: 'o2' });
    expect(endOf(three, seeAgain(three, asked, other, 1), 2)).toEqual({ is: 'done' });
  });

  it('is followed by those who only watch, until the cluster stands as it should', () => {
    const settle: Goal = { kind: 'settle' };
    const unready = { Nodes: [{ Name: 'node-0', Ready: false }] };
    const watched = seeAgain(settle, lookFirst(true, 0), { ...last('waiting'), ...unready }, 1);
    expect(endOf(settle, watched, 2)).toBeUndefined();
    const look = (next: Cluster): End | undefined => endOf(settle, seeAgain(settle, watched, next, 2), 3);
    expect(look({ ...last('done'), ...unready })).toBeUndefined();
    expect(look(last('done'))).toEqual({ is: 'done' });
    expect(look({ ...last('failed', { Message: 'No.' }), ...unready })).toMatchObject({ why: 'No.' });
    // Somebody else's wish that was refused.
    expect(look(last('failed', { Message: 'No.' }))).toEqual({ is: 'done' });
    expect(endOf(settle, seeAgain(settle, lookFirst(true, 0), last('failed'), 1), 2)).toEqual({ is: 'done' });
  });

  it('is followed by those who watch for the end of a deletion', () => {
    const removal: Goal = { kind: 'delete' };
    const going = (State: LastOperation['State']): Cluster => ({
      ...last(State, { Kind: 'delete', Message: 'Objects are left.' }),
      Deleting: true,
    });
    const watched = seeAgain(removal, lookFirst(true, 0), going('waiting'), 1);
    expect(endOf(removal, watched, STILL_MS * 2)).toBeUndefined();
    const told = { is: 'failed', isTold: true, why: 'Objects are left.' };
    expect(endOf(removal, seeAgain(removal, watched, going('failed'), 2), 3)).toEqual(told);
    expect(endOf(removal, seeAgain(removal, lookFirst(true, 0), going('failed'), 1), 2)).toEqual(told);
    expect(endOf(removal, seeAgain(removal, watched, going('done'), 2), STILL_MS + 2)).toMatchObject({ is: 'failed' });
  });

  it('is known again after its answer was lost: it is what came after the first look', () => {
    const before = last('done', { Id: 'o0' });
    const lost = accept(seeAgain(three, lookFirst(false, 0), before, 1), 'lost', 2);
    expect(endOf(three, seeAgain(three, lost, { ...before, Replicas: 1 }, 3), 4)).toBeUndefined();
    const failure = last('failed', { Message: 'Over quota.' });
    expect(endOf(three, seeAgain(three, lost, failure, 3), 4)).toMatchObject({ isTold: true, why: 'Over quota.' });
    const waiting = seeAgain(three, lost, last('waiting'), 3);
    expect([waiting.isDoubted, endOf(three, waiting, DOUBT_MS * 2)]).toEqual([undefined, undefined]);
  });

  it('has a deletion end when nothing is there any more', () => {
    const removal: Goal = { kind: 'delete' };
    const sight = seeAgain(removal, asked, last('done', { Kind: 'delete' }), 1);
    expect(endOf(removal, sight, 2)).toBeUndefined();
    const gone = [3, 4].reduce<Sight>((seen, at) => seeAgain(removal, seen, undefined, at), sight);
    expect(endOf(removal, gone, 5)).toEqual({ is: 'done' });
  });

  it('says why a cluster could not be made', () => {
    const create: Goal = { kind: 'create', replicas: 3 };
    const words = 'There is no CouchDB cluster shop. It could not be made: exceeded quota.';
    const gone = [1, 2].reduce<Sight>((seen, at) => seeAgain(create, seen, undefined, at, words), asked);
    expect(endOf(create, gone, 3)).toEqual({
      is: 'failed',
      isTold: true,
      why: 'It could not be made: exceeded quota.',
    });
  });
});

it('is not kept from being given up by what is written to its databases meanwhile', () => {
  const written = (Pending: number): Cluster => ({
    ...cluster(3, { ready: 2 }),
    Replications: [{ Database: 'test', From: 'node-0', To: 'node-1', State: 'running', Pending }],
  });
  const sight = seeAgain(three, seeAgain(three, lookFirst(true, 0), written(1), 1), written(2), STILL_MS);
  expect(sight.changedAt).toBe(1);
});
