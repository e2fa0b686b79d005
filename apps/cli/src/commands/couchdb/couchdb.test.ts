import {
  runCli,
  serve,
  type Answer,
  type RunOptions,
  type SeenRequest,
  type TestServer,
} from '../../testing/run-cli.js';
import { couchdbCommands } from './couchdb.js';

const ACCOUNT = { QUARTERMASTER_ACCOUNT: 'ann', QUARTERMASTER_ACCOUNT_TOKEN: 'anns-own-token' };

function shown(replicas: number, more: object = {}): object {
  const names = Array.from({ length: replicas }, (_none, i) => `shop-${i}`);
  return {
    Tag: 'shop',
    Username: 'ann',
    Replicas: replicas,
    Endpoint: 'http://10.0.0.7:5984',
    Namespace: 'default',
    Spawner: 'statefulset',
    Databases: ['test'],
    Nodes: names.map((Name, i) => ({ Name, Ready: true, Address: `10.0.0.${i + 10}` })),
    Replications:
      replicas === 1
        ? []
        : names.map((From, i) => ({ Database: 'test', From, To: names[(i + 1) % replicas], State: 'running' })),
    ...more,
  };
}

const ok = (result?: unknown, status_message = 'It is done'): Answer => ({
  json: { status: 'ok', status_message, result },
});
const goesOn = (result: object): Answer => ({ status: 202, json: { status: 'ok', status_message: 'goes on', result } });
const kantoError = (status: number, code: string, message: string): Answer => ({
  status,
  json: { status: 'error', status_message: message, error_detail: code },
});
const unknown = kantoError(404, 'unknown-cluster', 'There is no CouchDB cluster shop.');

let answers: Record<string, (form: URLSearchParams) => Answer> = {};
let server: TestServer;
beforeAll(async () => {
  server = await serve(({ path, body }) => answers[path.replace('/v0/', '')]?.(new URLSearchParams(body)));
});
beforeEach(() => {
  answers = {};
  server.seen.length = 0;
});
afterAll(() => server.close());

const couchdb = (line: string, options: RunOptions = {}): ReturnType<typeof runCli> =>
  runCli(couchdbCommands, ['couchdb', ...line.split(' ')], { url: server.url, env: ACCOUNT, ...options });
const formOf = ({ body }: SeenRequest): object => Object.fromEntries(new URLSearchParams(body));
const sent = (kind: string): SeenRequest[] => server.seen.filter(({ path }) => path === `/v0/${kind}`);

it('lists the account’s clusters, by its own name and token and no other', async () => {
  answers = { list: () => ok([shown(2)]) };
  const { stdout } = await couchdb('list', { url: '', env: { ...ACCOUNT, QUARTERMASTER_URL: server.url } });
  expect(stdout).toBe(
    'TAG   REPLICAS  READY  ENDPOINT              SPAWNER      NAMESPACE\n' +
      'shop         2      2  http://10.0.0.7:5984  statefulset  default\n',
  );
  const [request] = server.seen;
  expect(request?.headers).not.toHaveProperty('authorization');
  expect(request && formOf(request)).toEqual({ username: 'ann', token: 'anns-own-token' });
});

it('asks for an account where none is set', async () => {
  expect(await couchdb('list', { env: {} })).toMatchObject({ code: 2, stderr: expect.stringContaining('--account') });
});

it('shows a cluster with what does not run, and all of it where that is asked for', async () => {
  const broken = { Database: 'test', From: 'shop-0', To: 'shop-1', State: 'failed', Reason: 'no such database' };
  const running = { Database: 'test', From: 'shop-1', To: 'shop-1', State: 'running', Pending: 0 };
  answers = { detail: () => ok(shown(2, { Replications: [{ ...broken, Pending: 12 }, running] })) };
  const { stdout } = await couchdb('detail shop');
  expect(stdout).toContain(
    'Nodes         2 of 2 nodes ready\nReplications  1 of 2 run\nBehind        up to 12 changes\n',
  );
  expect(stdout).toMatch(/^test {6}shop-0 {2}shop-1 {2}failed {7}12 {2}no such database$/m);
  expect(stdout).not.toMatch(/shop-1.*running/);
  expect((await couchdb('detail shop --all')).stdout).toMatch(/shop-1.*running/);
});

it('watches a cluster until it stands as it should', async () => {
  const looks = [shown(2, { Replications: [] }), shown(2)];
  answers = { detail: () => ok(looks.length > 1 ? looks.shift() : looks[0]) };
  const { code, stdout } = await couchdb('detail shop --watch');
  expect([code, stdout]).toEqual([0, expect.stringContaining('2 of 2 nodes ready, 2 of 2 replications run\nCluster ')]);
});

it('says at once that there is nothing to watch', async () => {
  answers = { detail: () => unknown };
  const { code, stderr } = await couchdb('detail shop --watch');
  expect([code, stderr]).toEqual([1, expect.stringContaining('→ 404 Not Found (unknown-cluster)')]);
  expect(stderr).toContain('See which there are: `quartermaster couchdb list`');
});

it('makes a cluster and shows its login, and draws its tag here', async () => {
  answers = { create: (form) => goesOn({ Tag: form.get('cluster_tag'), Username: 'ann', Password: 'anns-own-token' }) };
  const { code, stdout, stderr } = await couchdb('create --replicas 3 --account ann');
  const [request] = sent('create');
  const { cluster_tag: tag, replicas } = (request ? formOf(request) : {}) as Record<string, string>;
  expect(tag).toMatch(/^[a-z][a-z0-9]{9}$/);
  expect([code, replicas]).toEqual([0, '3']);
  expect(stdout).toContain(`CouchDB cluster ${tag} is being made.`);
  expect(stdout).toContain('Password   anns-own-token');
  expect(stderr).toContain(`quartermaster couchdb detail ${tag} --watch --account ann`);
  expect(request?.headers).not.toHaveProperty('idempotency-key');
});

it('follows what takes longer than its request, and keeps the password of the first answer', async () => {
  const looks = [unknown, ok(shown(2, { Replications: [] })), ok(shown(2))];
  answers = {
    create: () => goesOn({ Tag: 'shop', Username: 'ann', Password: 'anns-own-token' }),
    detail: () => (looks.length > 1 ? looks.shift() : looks[0]) ?? unknown,
  };
  const { code, stdout } = await couchdb('create shop -r 2 --wait --json');
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    expect.objectContaining({ result: { ...shown(2), Password: 'anns-own-token' } }),
  ]);
});

it('asks again where the server could not say how a creation stands', async () => {
  const looks = [kantoError(503, 'clusters-not-read', 'The clusters were not read yet.'), ok(shown(1))];
  answers = {
    create: () => goesOn({ Tag: 'shop', Username: 'ann' }),
    detail: () => (looks.length > 1 ? looks.shift() : looks[0]) ?? unknown,
  };
  const { code, stdout } = await couchdb('create shop --wait');
  expect([code, stdout]).toEqual([0, expect.stringContaining('CouchDB cluster shop is ready: 1 node\n')]);
  expect(sent('detail')).toHaveLength(2);
});

it('ends with the reason of what failed after its request was answered', async () => {
  const operation = { Id: 'o1', Kind: 'scale' };
  const looks = [
    { ...operation, State: 'waiting' },
    { ...operation, State: 'failed', Message: 'Only 2 of 3 nodes are ready.', Code: 'cluster-not-ready' },
  ];
  answers = {
    scale: () => goesOn({ Tag: 'shop', Username: 'ann', Operation: 'o1' }),
    detail: () => ok(shown(3, { LastOperation: looks.length > 1 ? looks.shift() : looks[0] })),
  };
  const { code, stderr } = await couchdb('scale shop 3 --wait');
  expect([code, stderr]).toEqual([1, expect.stringContaining('Cluster shop: Only 2 of 3 nodes are ready.')]);
  expect(stderr).toContain('See which nodes are not as they should be: `quartermaster couchdb detail shop`');
  const { stdout } = await couchdb('detail shop');
  expect(stdout).toContain('Last change   scale failed: Only 2 of 3 nodes are ready.\n');
});

it('fails when a cluster that was accepted is not there', async () => {
  answers = { create: () => goesOn({ Tag: 'shop', Username: 'ann' }), detail: () => unknown };
  const { code, stderr } = await couchdb('create shop --wait');
  expect([code, stderr]).toEqual([1, expect.stringContaining('Cluster shop: It could not be made')]);
  expect(stderr).toContain(
    'Slack and the worker’s log have the reason. How it stands: `quartermaster couchdb detail shop`',
  );
});

it('ends with the reason that the request itself is told', async () => {
  const refused = kantoError(503, 'kubernetes-refused', 'Kubernetes refuses it: exceeded quota.');
  answers = { scale: () => refused, detail: () => ok(shown(1)) };
  const { code, stderr } = await couchdb('scale shop 3 --wait');
  expect([code, stderr]).toEqual([1, expect.stringContaining('Error: Kubernetes refuses it: exceeded quota.')]);
  expect(stderr).toContain('Asking again does not help');
});

it('refuses what the server would bend to something else', async () => {
  expect(await couchdb('delete my-production-db')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('4 to 12'),
  });
  expect(await couchdb('scale shop 11')).toMatchObject({ code: 2, stderr: expect.stringContaining('1 to 10, not 11') });
  expect(await couchdb('replicate shop ,')).toMatchObject({ code: 2 });
  expect(server.seen).toEqual([]);
});

it('asks before nodes go, and says what becomes of their volumes', async () => {
  answers = { detail: () => ok(shown(5)), scale: () => ok(shown(3)) };
  const questions: string[] = [];
  const asked = async (line: string, answer: boolean): Promise<number> => {
    const confirm = (question: string): Promise<boolean> => (questions.push(question), Promise.resolve(answer));
    return (await couchdb(line, { prompts: { isInteractive: true, confirm } })).code;
  };
  expect([await asked('scale shop 3', false), sent('scale').length]).toEqual([1, 0]);
  expect([await asked('scale shop 4 --purge', true), sent('scale').length]).toEqual([0, 1]);
  expect(questions).toEqual([
    'shop: 5 → 3 nodes. 2 nodes go; their volumes stay. Scale down?',
    'shop: 5 → 4 nodes. 1 node goes; its volume is deleted. Scale down?',
  ]);
  expect([await asked('scale shop 7', false), await asked('scale shop 1 --yes', false)]).toEqual([0, 0]);
  expect(questions).toHaveLength(2);
});

it('takes databases as a comma list and as words', async () => {
  answers = { replicate: () => ok(shown(1), 'The ring carries them') };
  expect((await couchdb('replicate shop mydb,special logs')).stdout).toBe('The ring carries them\n');
  expect(sent('replicate').map(formOf)).toMatchObject([{ cluster_tag: 'shop', databases: 'mydb,special,logs' }]);
});

it('deletes and waits until nothing is left', async () => {
  const looks = [ok(shown(1, { Deleting: true })), unknown];
  answers = {
    delete: () => goesOn({ Tag: 'shop', Username: 'ann' }),
    detail: () => (looks.length > 1 ? looks.shift() : looks[0]) ?? unknown,
  };
  const { code, stdout } = await couchdb('delete shop --wait');
  expect([code, stdout]).toEqual([0, expect.stringContaining('CouchDB cluster shop is deleted\n')]);
});

it('never sends a change twice, and says how to look when its answer is lost', async () => {
  answers = { scale: () => 'cut', detail: () => ok(shown(1)) };
  const { code, stderr } = await couchdb('scale shop 3');
  expect([code, stderr]).toEqual([3, expect.stringContaining('may have been accepted all the same')]);
  expect(stderr).toContain('See whether it was accepted: `quartermaster couchdb detail shop`');
  expect(sent('scale')).toHaveLength(1);
});

it.each<[string, Answer]>([
  ['a cut connection', 'cut'],
  ['Redis lost in the middle', kantoError(503, 'redis-unavailable', 'Redis can not be reached at the moment.')],
])('judges by the cluster what --wait asked for after %s', async (_what, lost) => {
  const looks = [ok(shown(1)), ok(shown(3, { Replications: [] })), ok(shown(3))];
  answers = { scale: () => lost, detail: () => (looks.length > 1 ? looks.shift() : looks[0]) ?? unknown };
  const { code, stdout } = await couchdb('scale shop 3 --wait');
  expect([code, stdout]).toEqual([0, expect.stringContaining('CouchDB cluster shop is scaled: 3 nodes\n')]);
  expect(stdout).toContain('The request may have been accepted: the cluster will show it.\n');
  expect(stdout).not.toContain('failed');
  expect(sent('scale')).toHaveLength(1);
});

it('waits through a server that goes away with the answer', async () => {
  let looks = 0;
  answers = {
    delete: () => 'cut',
    // The first question, and its repeats.
    detail: () => (++looks <= 4 ? 'cut' : unknown),
  };
  const { code, stdout } = await couchdb('delete shop --wait');
  expect([code, stdout]).toEqual([0, expect.stringContaining('The server is back.\n')]);
  expect(stdout).toContain('CouchDB cluster shop is deleted\n');
}, 20_000);

it('waits for a deletion that somebody else has asked for, also where it is over', async () => {
  answers = { detail: () => unknown };
  const { code, stdout } = await couchdb('detail shop --watch --deleted');
  expect([code, stdout]).toEqual([0, expect.stringContaining('CouchDB cluster shop is deleted\n')]);
  expect(await couchdb('detail shop --deleted')).toMatchObject({ code: 2 });
});

it('advises after a deletion that took too long what ends well once it is done', async () => {
  answers = { delete: () => goesOn({ Tag: 'shop' }), detail: () => ok(shown(1, { Deleting: true })) };
  const { code, stderr } = await couchdb('delete shop --timeout 500ms');
  expect([code, stderr]).toEqual([1, expect.stringContaining('`quartermaster couchdb detail shop --watch --deleted`')]);
  expect((await couchdb('delete shop')).stderr).toContain('`quartermaster couchdb detail shop --watch --deleted`');
});

it('leaves the work alone on Ctrl-C, and says how to look at it again', async () => {
  const interruption = new AbortController();
  answers = {
    scale: () => goesOn({ Tag: 'shop', Username: 'ann' }),
    detail: () => (setTimeout(() => interruption.abort(new Error('interrupted')), 100), ok(shown(1))),
  };
  const { code, stderr } = await couchdb('scale shop 3 --wait', { signal: interruption.signal });
  expect([code, stderr]).toEqual([130, expect.stringContaining('quartermaster couchdb detail shop --watch')]);
});

it('tells of the account, not of the server’s token, where the login is wrong', async () => {
  answers = {
    list: () => ({ status: 401, json: { status: 'unauthorized', status_message: 'Send the name and the token.' } }),
  };
  const { code, stderr } = await couchdb('list');
  expect([code, stderr]).toEqual([1, expect.stringContaining('accounts rotate')]);
  expect(stderr).not.toContain('anns-own-token');
});

it('does not fear to have changed something by a question', async () => {
  const lost: Answer[] = [{ status: 502, text: 'Bad Gateway' }, 'cut'];
  for (const answer of lost) {
    answers = { list: () => answer };
    const { code, stderr } = await couchdb('list');
    expect([code, stderr]).toEqual([3, expect.not.stringContaining('accepted')]);
  }
});
