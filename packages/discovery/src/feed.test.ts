import { createFeed, DROPPED_ABOVE, SNAPSHOT_INSTEAD_ABOVE, type Feed, type Reader } from './feed';
import { createHistory } from './history';
import type { Message, Telling } from './message';

const MIB = 1024 * 1024;

/** A feed over a state in which a service has as many nodes as it was told of. */
function createWorld(): {
  feed: Feed;
  readonly tell: (service: string, revision: number) => void;
  readonly event: (revision: number, services: string[], size?: number) => void;
  readonly setRevision: (revision: number) => void;
  readonly wait: (ms: number) => void;
  /** Services that a snapshot was made of. */
  readonly described: readonly string[];
} {
  let revision = 1;
  let nowMs = 0;
  const described: string[] = [];
  const counts = new Map<string, number>();
  const describe = (service: string): Telling => {
    const services = Array.from({ length: counts.get(service) ?? 0 }, (_, index) => ({
      ip: '10.0.0.1',
      port: index + 1,
    }));
    const key_event = services.length === 0 ? ('DELETE' as const) : ('PUT' as const);
    return { revision, messages: [{ namespace: service, body: { key_event, services }, id: revision }] };
  };
  const describeNow = (service: string): Telling => {
    described.push(service);
    return describe(service);
  };
  const feed = createFeed({ revision: () => revision, describeNow }, () => nowMs);
  return {
    feed,
    described,
    wait: (ms) => void (nowMs += ms),
    tell: (service, at) => {
      revision = at;
      counts.set(service, (counts.get(service) ?? 0) + 1);
      feed.publish([describe(service)]);
    },
    event: (at, services, size = 1) => {
      revision = at;
      const body = { event_type: 'e', event_body: 'x'.repeat(size) };
      feed.publish([{ revision: at, messages: services.map((namespace) => ({ namespace, body, id: at })) }]);
    },
    setRevision: (at) => void (revision = at),
  };
}

interface FakeReader extends Reader {
  readonly got: Message[];
  readonly closed: number[];
  unsent: number;
  /** Whether what is sent stays unsent. */
  isStuck: boolean;
  lines(): string[];
}

function createReader(): FakeReader {
  const reader: FakeReader = {
    got: [],
    closed: [],
    unsent: 0,
    isStuck: false,
    send: (data) => {
      reader.got.push(JSON.parse(data.toString()) as Message);
      if (reader.isStuck) reader.unsent += data.length;
    },
    unsentBytes: () => reader.unsent,
    close: (code) => void reader.closed.push(code),
    lines: () =>
      reader.got.map(({ id, namespace, body }) =>
        'key_event' in body ? `${id} ${body.key_event} ${namespace} ${body.services.length}` : `${id} e ${namespace}`,
      ),
  };
  return reader;
}

describe('a reader', () => {
  it('gets what it follows, until its end', () => {
    const { feed, tell, event } = createWorld();
    const reader = createReader();
    const subscription = feed.subscribe({ services: ['a', 'b'] }, reader);
    tell('a', 2);
    tell('c', 3);
    tell('b', 4);
    event(5, ['c', 'b', 'a']);
    event(6, ['*']);
    event(7, ['c']);
    expect(reader.lines()).toEqual(['2 PUT a 1', '4 PUT b 1', '5 e b', '6 e *']);
    subscription.end();
    subscription.end();
    tell('a', 8);
    expect(reader.got).toHaveLength(4);
    expect(feed.readers()).toBe(0);
  });

  it('shares the bytes of a message with all others', () => {
    const { feed, tell } = createWorld();
    const sent: Buffer[] = [];
    for (let count = 0; count < 3; count += 1) {
      feed.subscribe({ services: ['a'] }, { send: (data) => sent.push(data), unsentBytes: () => 0, close: () => {} });
    }
    tell('a', 2);
    expect(new Set(sent).size).toBe(1);
  });
});

describe('since', () => {
  it('gives what was missed, and nothing that was not', () => {
    const { feed, tell, event } = createWorld();
    tell('a', 2);
    tell('b', 3);
    event(4, ['a']);
    tell('a', 5);
    const linesSince = (since: number | undefined): string[] => {
      const reader = createReader();
      feed.subscribe({ services: ['a'], since }, reader);
      return reader.lines();
    };
    expect(linesSince(undefined)).toEqual([]);
    expect(linesSince(1)).toEqual(['2 PUT a 1', '4 e a', '5 PUT a 2']);
    expect(linesSince(4)).toEqual(['5 PUT a 2']);
    expect(linesSince(5)).toEqual([]);
    // Who begins now gets a snapshot, of what has no nodes too, and no past events.
    expect(linesSince(0)).toEqual(['5 PUT a 2']);
    const reader = createReader();
    feed.subscribe({ services: ['none', 'b'], since: 0 }, reader);
    expect(reader.lines()).toEqual(['0 DELETE none 0', '5 PUT b 1']);
  });

  it('from before our time gives the custom events of the last minute, then a snapshot', () => {
    const { feed, event, setRevision, wait } = createWorld();
    setRevision(5);
    feed.restart();
    event(6, ['a']);
    wait(59_000);
    event(7, ['a']);
    const linesSince = (since: number): string[] => {
      const reader = createReader();
      feed.subscribe({ services: ['a'], since }, reader);
      return reader.lines();
    };
    expect(linesSince(4)).toEqual(['4 e a', '4 e a', '7 DELETE a 0']);
    wait(1000);
    expect(linesSince(4)).toEqual(['4 e a', '7 DELETE a 0']);
    expect(linesSince(0)).toEqual(['7 DELETE a 0']);
  });

  it('forgets what it knows of a service when its last follower has gone', () => {
    const { feed, described } = createWorld();
    const [one, other] = [0, 0].map((since) => feed.subscribe({ services: ['a'], since }, createReader()));
    expect(described).toEqual(['a']);
    one?.end();
    feed.subscribe({ services: ['a'], since: 0 }, createReader()).end();
    expect(described).toEqual(['a']);
    other?.end();
    feed.subscribe({ services: ['a'], since: 0 }, createReader());
    expect(described).toEqual(['a', 'a']);
  });

  it('ahead of us tells nothing twice; ahead of etcd itself it was another etcd', () => {
    const { feed, tell } = createWorld();
    const reader = createReader();
    feed.subscribe({ services: ['a'], since: 10 }, reader);
    tell('a', 9);
    tell('a', 10);
    feed.confirm(10);
    tell('a', 11);
    expect(reader.lines()).toEqual(['11 PUT a 3']);
    const stranger = createReader();
    feed.subscribe({ services: ['a'], since: 1000 }, stranger);
    feed.confirm(12);
    expect(stranger.lines()).toEqual(['11 PUT a 3']);
    tell('a', 12);
    expect(stranger.lines()).toEqual(['11 PUT a 3', '12 PUT a 4']);
  });

  it('after a new beginning everyone gets a snapshot, and the past is not told', () => {
    const { feed, tell, setRevision } = createWorld();
    const reader = createReader();
    feed.subscribe({ services: ['a'], since: 50 }, reader);
    tell('a', 40);
    setRevision(3);
    feed.restart();
    expect(reader.lines()).toEqual(['3 PUT a 1']);
    const other = createReader();
    feed.subscribe({ services: ['a'], since: 2 }, other);
    expect(other.lines()).toEqual(['3 PUT a 1']);
  });

  it('from before this process began gives custom events that etcd still has, then a snapshot', () => {
    const { feed, setRevision } = createWorld();
    const [early, fresh, late] = [createReader(), createReader(), createReader()];
    feed.subscribe({ services: ['a'], since: 5 }, early);
    feed.subscribe({ services: ['a'] }, fresh);
    setRevision(9);
    const event = (id: number): Telling => ({
      revision: id,
      messages: [{ namespace: 'a', body: { event_type: 'e', event_body: '' }, id }],
    });
    feed.restart([event(5), event(7)]);
    feed.subscribe({ services: ['a'], since: 4 }, late);
    expect(early.lines()).toEqual(['5 e a', '9 DELETE a 0']);
    expect(fresh.lines()).toEqual(['9 DELETE a 0']);
    expect(late.lines()).toEqual(['5 e a', '5 e a', '9 DELETE a 0']);
  });
});

describe('a slow reader', () => {
  it('gets the latest of each service once it has caught up, in place of a backlog', () => {
    const { feed, tell, event } = createWorld();
    const reader = createReader();
    const subscription = feed.subscribe({ services: ['a', 'b', 'c'] }, reader);
    tell('a', 2);
    reader.unsent = SNAPSHOT_INSTEAD_ABOVE + 1;
    for (let revision = 3; revision < 100; revision += 1) tell(revision % 2 === 0 ? 'a' : 'b', revision);
    event(100, ['a']);
    subscription.drained();
    expect(reader.lines()).toEqual(['2 PUT a 1', '2 e a']);
    reader.unsent = 500_000;
    tell('c', 101);
    expect(reader.lines().slice(2)).toEqual(['2 PUT c 1']);
    reader.unsent = 0;
    subscription.drained();
    expect(reader.lines().slice(3)).toEqual(['2 PUT b 49', '101 PUT a 49']);
    subscription.drained();
    tell('a', 102);
    expect(reader.lines().slice(5)).toEqual(['102 PUT a 50']);
  });

  it('that is cut off hears of what was left out, from its last id or one less', () => {
    const { feed, tell, event } = createWorld();
    for (const less of [0, 1]) {
      const base = (feed.readers() + 1) * 100;
      const reader = createReader();
      const subscription = feed.subscribe({ services: ['a', 'b'] }, reader);
      tell('a', base);
      reader.unsent = SNAPSHOT_INSTEAD_ABOVE + 1;
      tell('b', base + 5);
      event(base + 6, ['a']);
      reader.unsent = 500_000;
      tell('a', base + 7);
      subscription.end();
      const last = reader.got.at(-1)?.id ?? 0;
      const again = createReader();
      feed.subscribe({ services: ['a', 'b'], since: last - less }, again);
      expect(again.lines().map((line) => line.replace(/ \d+$/, ''))).toEqual(
        expect.arrayContaining([`${base + 5} PUT b`, `${base + 6} e a`, `${base + 7} PUT a`]),
      );
    }
  });

  it('that is cut off within a snapshot gets it anew', () => {
    const { feed, tell } = createWorld();
    for (const [index, service] of ['a', 'b', 'c'].entries()) tell(service, index + 2);
    const reader = createReader();
    reader.send = (data) => {
      reader.got.push(JSON.parse(data.toString()) as Message);
      reader.unsent = MIB;
    };
    const subscription = feed.subscribe({ services: ['a', 'b', 'c'], since: 0 }, reader);
    expect(reader.lines()).toEqual(['0 PUT a 1']);
    subscription.end();
    const again = createReader();
    feed.subscribe({ services: ['a', 'b', 'c'], since: 0 }, again);
    expect(again.lines()).toEqual(['0 PUT a 1', '0 PUT b 1', '4 PUT c 1']);
  });

  it('is dropped above 4 MiB, which custom events can bring about', () => {
    const { feed, event } = createWorld();
    const reader = createReader();
    reader.isStuck = true;
    feed.subscribe({ services: ['a'] }, reader);
    for (let revision = 2; revision < 100; revision += 1) event(revision, ['a'], MIB / 4);
    expect(reader.closed).toEqual([1013]);
    expect(reader.unsent).toBeGreaterThan(DROPPED_ABOVE);
    expect(reader.unsent).toBeLessThan(DROPPED_ABOVE + MIB);
    expect(feed.readers()).toBe(0);
  });

  it('of which there are many keeps nobody from anything, and each is right in the end', () => {
    const { feed, tell } = createWorld();
    const readers = Array.from({ length: 20 }, () => {
      const reader = createReader();
      return { reader, subscription: feed.subscribe({ services: ['a', 'b'] }, reader) };
    });
    let seed = 42;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    for (let revision = 2; revision < 400; revision += 1) {
      for (const { reader, subscription } of readers) {
        reader.unsent = random() < 0.3 ? 2 * MIB : 0;
        if (random() < 0.5) subscription.drained();
      }
      tell(random() < 0.5 ? 'a' : 'b', revision);
    }
    const full = createReader();
    feed.subscribe({ services: ['a', 'b'], since: 0 }, full);
    for (const { reader, subscription } of readers) {
      reader.unsent = 0;
      subscription.drained();
      const ids = reader.got.map(({ id }) => id);
      expect(ids).toEqual([...ids].sort((x, y) => x - y));
      for (const service of ['a', 'b']) {
        const last = reader.got.findLast(({ namespace }) => namespace === service);
        expect(last?.body).toEqual(full.got.find(({ namespace }) => namespace === service)?.body);
      }
    }
  });
});

describe('the past', () => {
  it('is kept up to a number and a size, and says where it is no longer complete', () => {
    const telling = (revision: number): Telling => ({
      revision,
      messages: [{ namespace: 'a', body: { event_type: 'e', event_body: '' }, id: revision }],
    });
    const history = createHistory(1, { entries: 3, bytes: 10_000 });
    for (let revision = 2; revision <= 12; revision += 1) history.add(telling(revision));
    const since = (revision: number): [boolean, number[]] => {
      const { isComplete, told } = history.since(revision);
      return [isComplete, told.map((one) => one.telling.revision)];
    };
    expect(since(9)).toEqual([true, [10, 11, 12]]);
    expect(since(8)).toEqual([false, [10, 11, 12]]);
    expect(since(12)).toEqual([true, []]);
    const small = createHistory(1, { bytes: 200 });
    for (let revision = 2; revision <= 12; revision += 1) small.add(telling(revision));
    expect(small.since(1).told.length).toBeLessThan(4);
    expect(small.since(12).isComplete).toBe(true);
  });
  it('counts a body once for all services that it goes to, and never forgets the newest', () => {
    const { feed, event } = createWorld();
    const hundred = Array.from({ length: 100 }, (_, index) => `s${index}`);
    event(2, ['s1']);
    event(3, hundred, MIB / 4);
    const reader = createReader();
    feed.subscribe({ services: ['s1'], since: 1 }, reader);
    expect(reader.lines()).toEqual(['2 e s1', '3 e s1']);
    event(4, ['s1'], 9 * MIB);
    const late = createReader();
    feed.subscribe({ services: ['s1'], since: 3 }, late);
    expect(late.lines()).toEqual(['4 e s1']);
  });
});
