import { FAST_KUBERNETES, openCouchLane } from '../harness/couchdb';
import { openCliUser, type CliUser } from '../harness/cli';
import { startSystem, type Lane, type System } from '../harness/start-system';

let system: System;
let lane: Lane;
let user: CliUser;
beforeAll(async () => {
  system = await startSystem(FAST_KUBERNETES);
  lane = await openCouchLane(system, 'statefulset');
  user = openCliUser(lane);
});
afterAll(async () => {
  await user.leave();
  await system.stop();
});

it('an account and a cluster are made, the cluster scaled up and down and deleted, each watched to its end', async () => {
  const account = user.open('accounts create johny --save');
  expect([await account.ended, account.screen()]).toEqual([0, expect.stringContaining('johny')]);

  const create = user.open('couchdb create orders --replicas 1 --wait');
  expect([await create.ended, create.screen()]).toEqual([0, expect.stringContaining('orders')]);

  const up = user.open('couchdb scale orders 2 --wait');
  await up.until(/[█░]{24}/);
  expect([await up.ended, up.screen()]).toEqual([0, expect.stringMatching(/2 of 2/)]);

  const detail = await user.run(['couchdb', 'detail', 'orders', '--json']);
  expect(JSON.parse(detail.stdout)).toMatchObject({ result: { Replicas: 2 } });

  const kept = user.open('couchdb scale orders 1 --wait');
  await kept.until(/1 node goes.*\?/);
  kept.type('n');
  kept.press('enter');
  expect([await kept.ended, kept.screen()]).toEqual([1, expect.stringContaining('Nothing was changed.')]);

  const remove = user.open('couchdb delete orders --wait');
  await remove.until(/Delete cluster orders .*\?/);
  remove.type('y');
  remove.press('enter');
  expect(await remove.ended).toBe(0);
  const list = user.open('couchdb list');
  expect([await list.ended, list.screen()]).toEqual([0, expect.not.stringContaining('orders')]);
}, 180_000);
