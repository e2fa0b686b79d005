import { createApi, type Api } from '../../api/api.js';
import type { Given } from '../../command.js';
import { serve, type TestServer } from '../../testing/run-cli.js';
import { conditionWords, fieldWords, idsOf, taskNames } from './task-completion.js';

let server: TestServer;
let api: Api;
beforeAll(async () => {
  server = await serve(({ path }) => {
    if (path === '/tasks') return { json: ['echo-steps'] };
    if (path === '/stacks') return { json: [{ Name: 'My Stack' }, { Name: 'legacy' }] };
    if (path === '/stacks/My%20Stack/layers') return { json: [{ Shortname: 'api' }] };
    return path === '/tasks/echo-steps?status=PENDING&status=RUNNING' ? { json: { data: [{ _id: 'a1' }] } } : undefined;
  });
  api = createApi({ url: server.url });
});
afterAll(() => server.close());

const given = (...words: string[]): Given => ({ arguments: words, options: {} });

it('offers the names of tasks, and ids of those that the command is for', async () => {
  expect(await taskNames(api)).toEqual(['echo-steps']);
  const ids = idsOf('PENDING', 'RUNNING');
  if (typeof ids !== 'function') throw new Error('it asks the server');
  expect(await ids(api, given('echo-steps'))).toEqual(['a1']);
});

it('offers the stacks that there are, then the layers of the one that was taken', async () => {
  const first = await fieldWords(api, given('layer-rolling-restart'));
  expect(first).toEqual(expect.arrayContaining(['stack=My Stack', 'stack=legacy', 'window=', 'plan=true']));
  const second = await fieldWords(api, given('layer-rolling-restart', 'stackName=My Stack', 'window=2'));
  expect(second).toEqual(['layer=api', 'timeout=', 'max_failures=', 'instances=', 'plan=true']);
});

it('offers the values of a key once that is typed', async () => {
  const words = { ...given('layer-rolling-restart'), current: 'stack=' };
  expect(await fieldWords(api, words)).toEqual(['stack=My Stack', 'stack=legacy']);
});

it('offers what can be asked for', async () => {
  const words = await conditionWords(api, given('echo-steps', 'limit=3'));
  expect(words).toContain('status=RUNNING');
  expect(words).not.toContain('limit=');
});
