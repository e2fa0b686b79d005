import { keyOfLeft, leftKey, nodeKey } from './keys';
import type { Telling } from './message';
import { formatAddress } from './node';
import { applyChanges, compareStates, createState, nodesOf, type KeyChange, type StoredKey } from './service-state';

const lease = '7';
const put = (revision: number, key: string, value = key.split('/').at(-1) ?? ''): KeyChange => ({
  kind: 'put',
  key,
  value,
  revision,
  lease,
});
const gone = (revision: number, key: string): KeyChange => ({ kind: 'delete', key, revision });
const A = 'service/api/10.0.0.1:80';
const B = 'service/api/10.0.0.2:80';

/** `5 PUT api 10.0.0.1:80` */
const lines = (tellings: readonly Telling[]): string[] =>
  tellings.flatMap(({ messages }) =>
    messages.map(({ id, namespace, body }) =>
      'key_event' in body
        ? `${id} ${body.key_event} ${namespace} ${body.services.map(formatAddress).join(',')}`.trim()
        : `${id} ${body.event_type} ${namespace}`,
    ),
  );

describe('changes', () => {
  it.each<[string, KeyChange[], string[]]>([
    ['a node that comes', [put(2, A)], ['2 PUT api 10.0.0.1:80']],
    [
      'each message has all nodes after its revision',
      [put(2, A), put(3, B), gone(4, A)],
      ['2 PUT api 10.0.0.1:80', '3 PUT api 10.0.0.1:80,10.0.0.2:80', '4 EXPIRE api 10.0.0.2:80'],
    ],
    [
      'a leave: the tombstone in the same revision, whichever comes first',
      [put(2, A), put(3, B), put(4, leftKey(A)), gone(4, A), gone(5, B), put(5, leftKey(B))],
      ['2 PUT api 10.0.0.1:80', '3 PUT api 10.0.0.1:80,10.0.0.2:80', '4 DELETE api 10.0.0.2:80', '5 DELETE api'],
    ],
    [
      'an older tombstone does not make a leave of it',
      [put(2, A), put(3, leftKey(A)), gone(4, A), gone(5, leftKey(A))],
      ['2 PUT api 10.0.0.1:80', '4 EXPIRE api'],
    ],
    [
      'several of one lease are told together',
      [put(2, A), put(3, B), gone(4, A), gone(4, B)],
      ['2 PUT api 10.0.0.1:80', '3 PUT api 10.0.0.1:80,10.0.0.2:80', '4 EXPIRE api'],
    ],
    [
      'a node under both forms of key is there as long as one of them is',
      [put(2, A), put(3, 'service/api/10.0.0.1', '10.0.0.1:80'), gone(4, A), gone(5, 'service/api/10.0.0.1')],
      ['2 PUT api 10.0.0.1:80', '3 PUT api 10.0.0.1:80', '5 EXPIRE api'],
    ],
    [
      'a shorter key that is given another port',
      [put(2, 'service/api/10.0.0.1', '10.0.0.1:80'), put(3, 'service/api/10.0.0.1', '10.0.0.1:81')],
      ['2 PUT api 10.0.0.1:80', '3 DELETE api 10.0.0.1:81', '3 PUT api 10.0.0.1:81'],
    ],
    ['a key that is overwritten with nonsense', [put(2, A), put(3, A, 'x')], ['2 PUT api 10.0.0.1:80', '3 DELETE api']],
    ['a node that registers anew', [put(2, A), put(3, A)], ['2 PUT api 10.0.0.1:80', '3 PUT api 10.0.0.1:80']],
    [
      'services are apart',
      [put(2, A), gone(3, nodeKey('api-v2', { ip: '10.0.0.1', port: 80 }))],
      ['2 PUT api 10.0.0.1:80'],
    ],
    ['keys of others', [put(2, 'lock/x'), put(2, 'service/x'), gone(3, 'service/x')], []],
    [
      'custom events, in their place',
      [
        put(2, A),
        put(3, 'event/1', '{"event_type":"t","event_body":"b","services":["api","web","*"]}'),
        put(4, 'event/2', '{"event_type":"all","broadcast":true}'),
        put(5, 'event/3', 'nonsense'),
        gone(6, 'event/1'),
      ],
      ['2 PUT api 10.0.0.1:80', '3 t api', '3 t web', '4 all *'],
    ],
  ])('%s', (_, changes, expected) => {
    expect(lines(applyChanges(createState({ revision: 1, keys: [] }), changes))).toEqual(expected);
  });

  it('are told once, in order of revision, however they come', () => {
    const state = createState({ revision: 2, keys: [] });
    expect(lines(applyChanges(state, [put(5, B), put(4, A), put(2, B)]))).toEqual([
      '4 PUT api 10.0.0.1:80',
      '5 PUT api 10.0.0.1:80,10.0.0.2:80',
    ]);
    expect(applyChanges(state, [put(4, A), put(5, B)])).toEqual([]);
    expect(state.revision).toBe(5);
  });

  it('that are passed over are named', () => {
    const refused: string[] = [];
    applyChanges(
      createState({ revision: 1, keys: [] }),
      [put(2, 'service/x'), put(3, 'event/1', '{}'), put(4, 'lock/x')],
      (key) => refused.push(key),
    );
    expect(refused).toEqual(['service/x', 'event/1']);
  });
});

const stored = (change: KeyChange): StoredKey => {
  if (change.kind === 'delete') throw new Error('is not there');
  const { kind: _, ...key } = change;
  return key;
};

describe('a comparison', () => {
  it('tells what differs at the revision of the listing, and custom events at theirs', () => {
    const state = createState({ revision: 5, keys: [put(2, A), put(3, B)].map(stored) });
    const events = [
      put(8, 'event/2', '{"event_type":"u","broadcast":true}'),
      put(7, 'event/1', '{"event_type":"t","broadcast":true}'),
    ];
    const old = put(4, 'event/0', '{"event_type":"old","broadcast":true}');
    const other = put(6, 'service/web/10.0.0.9:1');
    const listing = { revision: 9, keys: [...events, old, put(3, B), other].map(stored) };
    const expected = ['7 t *', '8 u *', '9 PUT web 10.0.0.9:1', '9 DELETE api 10.0.0.2:80'];
    expect(lines(compareStates(state, listing))).toEqual(expected);
    expect(state.revision).toBe(9);
    expect(compareStates(state, { ...listing, revision: 10 })).toEqual([]);
    expect(applyChanges(state, [gone(6, A), other, ...events])).toEqual([]);
  });

  it('counts a node that registered anew, and leaves alone what is exempt', () => {
    const state = createState({ revision: 5, keys: [put(2, A), put(3, B)].map(stored) });
    const listing = { revision: 9, keys: [put(8, A)].map(stored) };
    expect(lines(compareStates(state, listing, { isExempt: (key) => key === B }))).toEqual([
      '9 PUT api 10.0.0.1:80,10.0.0.2:80',
    ]);
  });

  it('does not move the state where nothing differs', () => {
    const state = createState({ revision: 5, keys: [stored(put(2, A))] });
    expect(compareStates(state, { revision: 9, keys: [stored(put(2, A))] })).toEqual([]);
    expect(state.revision).toBe(5);
  });
});

describe('any sequence', () => {
  /** A small generator of its own, so that a seed gives the same sequence for ever (mulberry32). */
  const randomOf = (seed: number) => (): number => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };

  it('gives everybody the view that a plain map has, whether told in pieces, twice, or by comparison', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = randomOf(seed);
      const model = new Map<string, StoredKey>();
      const keys = ['api', 'web'].flatMap((service) => [1, 2, 3].map((ip) => `service/${service}/10.0.0.${ip}:80`));
      const history: KeyChange[] = [];
      const state = createState({ revision: 1, keys: [] });
      const seen = new Map<string, string[]>();
      let lastId = 0;
      const take = (tellings: readonly Telling[]): void => {
        for (const { messages } of tellings) {
          for (const { id, namespace, body } of messages) {
            expect(id).toBeGreaterThanOrEqual(lastId);
            lastId = id;
            if ('services' in body) seen.set(namespace, body.services.map(formatAddress));
          }
        }
      };
      let told = 0;
      for (let revision = 2; revision < 40; revision += 1) {
        for (const key of keys) {
          if (random() > 0.2) continue;
          if (model.has(key) && random() < 0.6) {
            model.delete(key);
            history.push(gone(revision, key));
            if (random() < 0.5) history.push(put(revision, leftKey(key)));
          } else {
            const change = put(revision, key);
            history.push(change);
            model.set(key, stored(change));
          }
        }
        const roll = random();
        if (roll < 0.1) {
          // A gap that is compared away.
          take(compareStates(state, { revision, keys: [...model.values()] }));
          told = history.length;
        } else if (roll < 0.6) {
          // Some of what was told comes again.
          take(applyChanges(state, history.slice(Math.max(0, told - 3))));
          told = history.length;
        }
      }
      take(applyChanges(state, history.slice(told)));
      for (const service of ['api', 'web']) {
        const expected = [...model.keys()]
          .filter((key) => key.startsWith(`service/${service}/`))
          .map(addressOf)
          .sort();
        expect(nodesOf(state, service).map(formatAddress)).toEqual(expected);
        expect(seen.get(service) ?? []).toEqual(expected);
      }
    }
  });
});

const addressOf = (key: string): string => keyOfLeft(leftKey(key)).split('/')[2] ?? '';
