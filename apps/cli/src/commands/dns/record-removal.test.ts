import { runCli, refusal, serve, type Answer, type TestServer } from '../../testing/run-cli.js';
import { recordCommands } from './records.js';

const RECORD = { hostname: '*.example.com', type: 'A', ip_address: '10.1.2.3', ttl: 60, status: 'INSYNC' };
const PENDING = { ...RECORD, status: 'PENDING' };
const GONE = refusal(404, 'unknown-record', 'There is no such record.');

let server: TestServer;
/** What is there before, and at each look; the last one stays. */
let looks: readonly Answer[];
let asked = 0;
beforeAll(async () => {
  server = await serve(({ method }) =>
    method === 'DELETE' ? { status: 202, json: PENDING } : looks[Math.min(asked++, looks.length - 1)],
  );
});
beforeEach(() => {
  asked = 0;
});
afterAll(() => server.close());

const remove = (...words: string[]): ReturnType<typeof runCli> =>
  runCli(recordCommands, ['record', 'rm', '*.example.com', ...words], server);

it('says that it is being deleted while that is all that is known', async () => {
  looks = [{ json: RECORD }];
  const { code, stdout, stderr } = await remove();
  expect([code, stdout]).toEqual([0, 'Is being deleted: *.example.com A 10.1.2.3\n']);
  expect(stderr).toContain("it goes on. `quartermaster record get '*.example.com'` shows it until then.");
});

it('waits until it is gone', async () => {
  looks = [{ json: RECORD }, { json: PENDING }, GONE];
  const { code, stdout } = await remove('--wait');
  expect([code, stdout.split('\n')]).toEqual([
    0,
    ['*.example.com A 10.1.2.3: PENDING', '*.example.com A 10.1.2.3: deleted', 'Deleted: *.example.com A 10.1.2.3', ''],
  ]);
  asked = 0;
  expect(JSON.parse((await remove('--wait', '--json')).stdout)).toEqual(PENDING);
});

it('fails where it could not be deleted, with the reason', async () => {
  const failed = { ...RECORD, status: 'FAILED', error: { code: 'foreign-record', message: 'Something stands there.' } };
  looks = [{ json: RECORD }, { json: failed }];
  const { code, stdout, stderr } = await remove('--wait', '--json');
  expect([code, JSON.parse(stdout)]).toEqual([1, failed]);
  expect(stderr).toContain('Error: *.example.com could not be deleted: Something stands there. (foreign-record)\n');
  expect(stderr).toContain("`quartermaster record rm '*.example.com'`");
});

it('fails where somebody has set it again', async () => {
  looks = [{ json: RECORD }, { json: { ...RECORD, ip_address: '10.9.9.9' } }];
  const { code, stdout, stderr } = await remove('--watch');
  expect([code, stdout]).toEqual([1, expect.not.stringContaining('Deleted')]);
  expect(stderr).toContain('Error: *.example.com was set again meanwhile: it is A 10.9.9.9, INSYNC.\n');
});

it('says how to look at it again when it is not waited for any more', async () => {
  looks = [{ json: PENDING }];
  const { code, stderr } = await remove('--timeout', '1s');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('Not done within 1s: the deletion of record *.example.com.'),
  ]);
  expect(stderr).toContain("Look at it again: `quartermaster record get '*.example.com'`");
});
