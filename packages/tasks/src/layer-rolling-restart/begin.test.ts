import { AppError } from '@quartermaster/foundation';
import type { StackInstance, StackInstanceStatus } from '@quartermaster/stacks';
import type { TaskContext } from '../task-context.js';
import { beginRestart, chooseTargets } from './begin.js';
import { layerRollingRestart, type RestartFields } from './index.js';

const LAYER = { Name: 'API server', Shortname: 'api' };

function instance(number: number, Status: StackInstanceStatus = 'online'): StackInstance {
  const id = `i-0000000000000000${number % 10}`;
  return { InstanceId: id, Ec2InstanceId: id, Hostname: `api${number}`, StackId: 's', LayerIds: ['l'], Status };
}

const names = (instances: readonly StackInstance[]): string[] => instances.map(({ Hostname }) => Hostname);

describe('what is restarted', () => {
  it('is what is online, in order of host names; the rest is left alone', () => {
    const chosen = chooseTargets([instance(10), instance(3, 'stopped'), instance(2)], undefined, LAYER);
    expect([names(chosen.targets), names(chosen.ignored)]).toEqual([['api2', 'api10'], ['api3']]);
  });

  it('is what is named, by host name in any case, by number or by id, whatever state it is in', () => {
    const fleet = [instance(1), instance(2), instance(3, 'stopped'), instance(4)];
    const { targets } = chooseTargets(fleet, ['API3', '1', 'i-00000000000000004'], LAYER);
    expect(names(targets)).toEqual(['api1', 'api3', 'api4']);
  });

  it('leaves out an id that is gone, and refuses a host name that is not there', () => {
    const gone = 'i-00000000000000009';
    expect(chooseTargets([instance(1)], ['api1', gone], LAYER).gone).toEqual([gone]);
    expect(() => chooseTargets([instance(1)], ['api7', 'web1'], LAYER)).toThrow('API server has no api7, web1.');
  });

  it('takes a host name in other letter cases only where just one is meant', () => {
    const twins = [instance(1), { ...instance(2), Hostname: 'API1' }];
    expect(names(chooseTargets(twins, ['API1'], LAYER).targets)).toEqual(['API1']);
    expect(() => chooseTargets(twins, ['Api1'], LAYER)).toThrow('API server has several called Api1');
  });

  it('is found out quickly, however many are named', () => {
    const fleet = Array.from({ length: 8000 }, (_, n) => ({
      ...instance(1),
      InstanceId: `i-${n}`,
      Hostname: `api${n}`,
    }));
    const began = performance.now();
    const ids = fleet.map(({ InstanceId }) => InstanceId);
    expect(chooseTargets(fleet, ids, LAYER).targets).toHaveLength(8000);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

/** A restart of a layer whose api2 is of two others as well; `held`: claims that other tasks have. */
function begin(sent: object, held: readonly string[] = [], more: readonly StackInstance[] = []) {
  const { value } = layerRollingRestart.schema.validate({ stack: 'SHOP', layer: 'API Server', ...sent });
  let fields = { ...value, ...layerRollingRestart.initial } as RestartFields;
  const updates: object[] = [];
  const claims: string[] = [];
  const stack = { StackId: 's', Name: 'Shop', Region: 'r' };
  const layer = { LayerId: 'l', StackId: 's', ...LAYER };
  const listed = [
    instance(1),
    { ...instance(2), LayerIds: ['z', 'l', 'b'] },
    { ...instance(3, 'stopped'), LayerIds: ['c'] },
  ];
  const say = (): void => undefined;
  const ctx = {
    get record() {
      return { fields };
    },
    update: (patch: object) => {
      updates.push(patch);
      return Promise.resolve(void (fields = { ...fields, ...patch }));
    },
    claim: (name: string) => {
      if (held.includes(name)) return Promise.reject(new AppError('conflict', 'claimed', `task 77 has ${name}.`));
      return Promise.resolve(void claims.push(name));
    },
    pollMs: 5000,
    log: { info: say, warn: say },
    stacks: {
      name: 'ec2-tags',
      findLayer: () => Promise.resolve({ stack, layer }),
      listInstances: () => Promise.resolve([...listed, ...more]),
      findObstacles: () => Promise.resolve([]),
      loadFleet: () =>
        Promise.resolve({ stacks: [], layers: [{ ...layer, LayerId: 'z', Name: 'Monitoring' }], instances: [] }),
    },
  } as unknown as TaskContext<RestartFields>;
  return { done: beginRestart(ctx, 0), updates, claims };
}

describe('before anything is touched', () => {
  it('the layer is claimed, and every other one that has an instance to be restarted', async () => {
    const { done, claims } = begin({});
    await done;
    expect(claims).toEqual(['s/l', 's/b', 's/z']);
  });

  it('it ends where another restart has such a layer, which is named', async () => {
    const { done, updates } = begin({}, ['s/z']);
    await expect(done).rejects.toMatchObject({
      code: 'claimed',
      message:
        'Nothing of API server of Shop was touched, as another restart is at the layer Monitoring, which has api2 too: task 77 has s/z.',
    });
    expect(updates.filter((patch) => 'targets' in patch)).toEqual([]);
  });

  it('it ends where the record could not tell of so many', async () => {
    const many = Array.from({ length: 3000 }, (_, n): StackInstance => ({
      ...instance(1),
      InstanceId: `i-${String(n).padStart(17, '0')}`,
      Hostname: `api${n}`,
    }));
    const { done, updates } = begin({ max_failures: 100 }, [], many);
    await expect(done).rejects.toMatchObject({ code: 'too-many-instances', message: expect.stringContaining('3002') });
    expect(updates.filter((patch) => 'targets' in patch)).toEqual([]);
    const fewer = begin({}, [], many.slice(0, 800));
    await fewer.done;
    expect(updates.filter((patch) => 'targets' in patch)).toEqual([]);
    expect(fewer.updates.filter((patch) => 'targets' in patch)).toHaveLength(1);
  });

  it('a plan claims nothing', async () => {
    const { done, claims } = begin({ plan: true }, ['s/l', 's/z']);
    await done;
    expect(claims).toEqual([]);
  });

  it('stack and layer stand in the record as the source has them', async () => {
    const { done, updates } = begin({});
    await done;
    expect(updates[0]).toEqual({ stack: 'Shop', layer: 'api' });
    const same = begin({ stack: 'Shop', layer: 'api' });
    await same.done;
    expect(same.updates.filter((patch) => 'stack' in patch)).toEqual([]);
  });
});
