import { createRandom, type Random } from '../soak/random';
import {
  addZone,
  dnsEffects,
  editZone,
  HASTY_WORKER,
  openDnsLane,
  postRecord,
  standingIn,
  type SandboxZone,
  type ShownRecord,
} from '../harness/records';
import { startSystem, type Lane, type System } from '../harness/start-system';
import { eventually } from '@quartermaster/testing';
import { describeStanding, toChanges, ZoneModel, type Edit, type ModelSet, type Wish } from './zone-model';

const SEED = 20261121;
const CLIENTS = 8;
const OPERATIONS = 200;
const NAMES_EACH = 4;
const ZONE = 'random.example.net';
const OUR_TTL = 60;
const THEIR_TTL = 300;

let system: System;
let lane: Lane;
let zone: SandboxZone;
beforeAll(async () => {
  system = await startSystem({ SANDBOX_ROUTE53_INSYNC_MS: '200' });
  zone = await addZone(system.sandbox, ZONE);
  lane = await openDnsLane(system, { worker: HASTY_WORKER });
  lane.startWorker();
});
afterAll(() => system.stop());

/** One who works on names of its own, so that it knows what must be there, in a zone where all the others work too. */
class Client {
  model = new ZoneModel();
  readonly counts: Record<string, number> = {};
  private serial = 0;
  private readonly names: readonly string[];

  constructor(
    private readonly number: number,
    private readonly random: Random,
  ) {
    this.names = Array.from({ length: NAMES_EACH }, (_, at) => `c${number}-${'abcdefgh'[at]}.${ZONE}`);
  }

  async play(): Promise<void> {
    const roll = this.random.whole(1, 100);
    if (roll <= 60) await this.ask(this.planWish());
    else if (roll <= 80) await this.edit(this.planEdit());
    else await this.race();
    await this.compare();
  }

  /** What stands at the names is what must, and so is what is known of the records. */
  async compare(): Promise<void> {
    expect(await this.standing()).toEqual(this.model.describe());
  }

  async compareRecords(): Promise<void> {
    for (const name of this.names) {
      const answer = await lane.api<ShownRecord>(`/record/${name}`);
      const known = this.model.records.get(name);
      const shown = answer.status === 200 ? `${name} ${answer.json().status}` : `${name} ${answer.status}`;
      const expected = known === undefined ? 404 : known.isFailed ? 'FAILED' : 'INSYNC';
      expect(shown).toBe(`${name} ${expected}`);
    }
  }

  private async ask(wish: Wish): Promise<void> {
    const { status, after } = this.model.ask(wish);
    expect([this.describe(wish), await this.send(wish)]).toEqual([this.describe(wish), status]);
    this.count(`${kindOf(wish)} ${status}`);
    this.model = after;
  }

  private async edit(edit: Edit): Promise<void> {
    const { isAccepted, after } = this.model.edit(edit);
    expect(await this.sendEdit(edit)).toBe(isAccepted);
    this.count(isAccepted ? 'edits' : 'edits refused');
    this.model = after;
  }

  /** A change and a foreign edit at the same moment: it must have come out as one after the other, in either order. */
  private async race(): Promise<void> {
    const [wish, edit] = [this.planWish(), this.planEdit()];
    const orders = ['edit first', 'edit last'].map((order) => {
      const before = this.model;
      const asked = (order === 'edit first' ? before.edit(edit).after : before).ask(wish);
      const edited = (order === 'edit first' ? before : asked.after).edit(edit);
      const after = order === 'edit first' ? asked.after : edited.after;
      return { order, after, outcome: [asked.status, edited.isAccepted, ...after.describe()] };
    });
    const pauseMs = this.random.whole(0, 150);
    const [status, isAccepted] = await Promise.all([
      this.send(wish),
      new Promise((resolve) => setTimeout(resolve, pauseMs)).then(() => this.sendEdit(edit)),
    ]);
    const outcome = [status, isAccepted, ...(await this.standing())];
    const found = orders.find((order) => JSON.stringify(order.outcome) === JSON.stringify(outcome));
    if (found === undefined) {
      const expected = orders.map((order) => JSON.stringify(order.outcome)).join(' or ');
      throw new Error(
        `${this.describe(wish)} and ${JSON.stringify(edit)}: ${JSON.stringify(outcome)}, not ${expected}`,
      );
    }
    this.count(`races, ${found.order}`);
    this.model = found.after;
  }

  private planWish(): Wish {
    const roll = this.random.whole(1, 100);
    const made = [...this.model.records.keys()];
    // What is there is met more often than what is not.
    const name = this.pick(roll <= 50 && made.length > 0 && this.random.chance(0.8) ? made : this.names);
    const known = this.model.records.get(name);
    if (roll <= 15) return { name, wished: undefined, mustExist: true };
    if (roll <= 40) return { name, wished: this.invent(this.pick(this.names)), mustExist: true };
    if (roll <= 50 && known?.applied !== undefined) return { name, wished: known.applied, mustExist: false };
    return { name, wished: this.invent(name), mustExist: this.random.chance(0.3) };
  }

  private planEdit(): Edit {
    const there = this.model.standing.length === 0 ? undefined : this.pick(this.model.standing);
    if (there === undefined || this.random.chance(0.4)) return { comes: this.invent(this.pick(this.names), true) };
    if (this.random.chance(0.6)) return { gone: there };
    return { gone: there, comes: { ...this.invent(there.name, true, there.type) } };
  }

  private invent(name: string, isForeign = false, kind?: string): ModelSet {
    this.serial += 1;
    const type = kind ?? this.pick(['A', 'A', 'TXT', 'CNAME']);
    const word = `${isForeign ? 'theirs' : 'ours'}-${this.number}-${this.serial}`;
    const address = `${isForeign ? '192' : '10'}.${this.number}.${this.serial >> 8}.${this.serial & 255}`;
    const value = type === 'A' ? address : type === 'TXT' ? `"${word}"` : `${word}.example.org`;
    return { name, type, value };
  }

  private async send({ name, wished, mustExist }: Wish): Promise<number | 'done'> {
    const headers = { prefer: 'wait=25' };
    const path = `/record/${name}`;
    const body = wished && { hostname: wished.name, type: wished.type, ip_address: wished.value.replaceAll('"', '') };
    const answer = !body
      ? await lane.api(path, { method: 'DELETE', headers })
      : mustExist
        ? await lane.api(path, { method: 'PUT', body, headers })
        : await postRecord(lane.api, body, headers);
    return answer.status === 200 || answer.status === 201 ? 'done' : answer.status;
  }

  private async sendEdit(edit: Edit): Promise<boolean> {
    const isOurs = (set: ModelSet): boolean => set.value.startsWith('10.') || set.value.includes('ours-');
    const changes = toChanges(edit, (set) => (isOurs(set) ? OUR_TTL : THEIR_TTL));
    const { status, text } = await editZone(system.sandbox, zone, changes);
    if (status !== 200 && status !== 409) throw new Error(`${status} ${text}`);
    return status === 200;
  }

  private async standing(): Promise<string[]> {
    const sets = await standingIn(system.sandbox, zone);
    return describeStanding(sets.filter(({ name }) => this.names.includes(name)));
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.random.whole(0, list.length - 1)] as T;
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  private describe(wish: Wish): string {
    return `${kindOf(wish)} ${JSON.stringify(wish)} of ${JSON.stringify([...this.model.records])} in ${this.model.describe().join(', ')}`;
  }
}

function kindOf({ name, wished, mustExist }: Wish): string {
  if (wished === undefined) return 'delete';
  if (wished.name !== name) return 'rename';
  return mustExist ? 'change' : 'post';
}

it(`${OPERATIONS} random operations amid foreign edits leave what the model says, and nothing of others is touched`, async () => {
  const clients = Array.from({ length: CLIENTS }, (_, at) => new Client(at, createRandom(SEED, 'dns', at)));
  const startedAt = Date.now();
  await Promise.all(
    clients.map(async (client) => {
      for (let played = 0; played < OPERATIONS / CLIENTS; played += 1) await client.play();
    }),
  );
  await eventually(async () => {
    const { records } = (await lane.api<{ records: ShownRecord[] }>('/records?limit=100')).json();
    expect(records.filter(({ status }) => status === 'PENDING')).toEqual([]);
  });
  const tookMs = Date.now() - startedAt;
  for (const client of clients) {
    await client.compare();
    await client.compareRecords();
  }

  const effects = await dnsEffects(system.sandbox, zone);
  const isTheirs = (value: string): boolean => value.startsWith('192.') || value.includes('theirs-');
  const byUs = effects.filter(({ foreign }) => foreign !== true);
  expect(byUs.flatMap(({ changes }) => changes).filter(({ values }) => values.some(isTheirs))).toEqual([]);
  expect(byUs.flatMap(({ changes }) => changes).filter(({ action }) => action === 'UPSERT')).toEqual([]);

  const counts: Record<string, number> = {};
  for (const client of clients) {
    for (const [what, count] of Object.entries(client.counts)) counts[what] = (counts[what] ?? 0) + count;
  }
  const played = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
  process.stdout.write(`${OPERATIONS} operations, seed ${SEED}, in ${tookMs} ms: ${played.sort().join(', ')}\n`);
});
