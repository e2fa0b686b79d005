import { findInstance, findLayer, findStack, inOrder, instancesOf } from './find.js';
import type { Fleet, StackInstance } from './stack.js';

const instance = (Hostname: string, ...LayerIds: string[]): StackInstance => ({
  InstanceId: `i-${Hostname}`,
  StackId: 's1',
  LayerIds,
  Hostname,
  Status: 'online',
});

const fleet: Fleet = {
  stacks: [
    { StackId: 's1', Name: 'Mobile App', Region: 'us-east-1' },
    { StackId: 's2', Name: 'empty', Region: 'us-east-1' },
  ],
  layers: [
    { LayerId: 'l1', StackId: 's1', Name: 'API Server', Shortname: 'api' },
    { LayerId: 'l2', StackId: 's1', Name: 'api', Shortname: 'old-api' },
    { LayerId: 'l3', StackId: 's2', Name: 'API Server', Shortname: 'api' },
  ],
  instances: [instance('api10', 'l1'), instance('api2', 'l1', 'l2'), instance('API1', 'l1'), instance('7', 'l2')],
};
const stack = findStack(fleet, 'mobile app');
const api = findLayer(fleet, stack, 'API');

describe('names of stacks, layers and instances', () => {
  it('match in any case, short names of layers before names', () => {
    expect(stack.StackId).toBe('s1');
    expect([api.LayerId, findLayer(fleet, stack, 'api server').LayerId]).toEqual(['l1', 'l1']);
    expect(findLayer(fleet, stack, 'OLD-api').LayerId).toBe('l2');
    expect(findLayer(fleet, findStack(fleet, 'EMPTY'), 'api').LayerId).toBe('l3');
  });

  it('that are not there are refused with those that are', () => {
    const refused = (act: () => unknown): unknown => {
      try {
        return act();
      } catch (error) {
        return error;
      }
    };
    expect(refused(() => findStack(fleet, 'x'))).toMatchObject({
      kind: 'not-found',
      code: 'unknown-stack',
      message: 'There is no stack x; there are Mobile App, empty.',
    });
    expect(refused(() => findLayer(fleet, stack, 'x'))).toMatchObject({
      code: 'unknown-layer',
      message: 'The stack Mobile App has no layer x; there are api, old-api.',
    });
    expect(refused(() => findInstance(fleet, api, '3'))).toMatchObject({
      code: 'unknown-instance',
      message: 'The layer api has no instance 3; there are API1, api2, api10.',
    });
    expect(refused(() => findStack({ stacks: [] }, 'x'))).toMatchObject({
      message: 'There is no stack x; there is none.',
    });
  });
});

describe('names that differ in case only', () => {
  const stackOf = (StackId: string, Name: string) => ({ StackId, Name, Region: 'us-east-1' });
  const layerOf = (LayerId: string, Shortname: string, Name: string) => ({ LayerId, StackId: 's1', Name, Shortname });
  const twins: Fleet = {
    stacks: [stackOf('s1', 'Shop'), stackOf('s2', 'shop')],
    layers: [
      layerOf('l1', 'API', 'one'),
      layerOf('l2', 'api', 'Two'),
      layerOf('l3', 'x', 'Api'),
      layerOf('l4', 'y', 'TWO'),
    ],
    instances: [instance('web1', 'l1'), instance('WEB1', 'l1'), { ...instance('Web1', 'l1'), Status: 'terminated' }],
  };
  const shop = stackOf('s1', 'Shop');
  const [api] = twins.layers;
  const ambiguous = (message: string) => expect.objectContaining({ kind: 'conflict', code: 'ambiguous-name', message });
  const caught = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error;
    }
  };

  it('are found where they are written exactly, short names before names', () => {
    expect(['Shop', 'shop'].map((name) => findStack(twins, name).StackId)).toEqual(['s1', 's2']);
    const layers = ['API', 'api', 'Api', 'Two', 'TWO'].map((name) => findLayer(twins, shop, name).LayerId);
    expect(layers).toEqual(['l1', 'l2', 'l3', 'l2', 'l4']);
    const names = ['web1', 'WEB1', 'Web1'];
    if (api === undefined) throw new Error('no layer');
    expect(names.map((name) => findInstance(twins, api, name).Hostname)).toEqual(names);
  });

  it('are refused otherwise, with those that may be meant', () => {
    if (api === undefined) throw new Error('no layer');
    const asIs = 'Write the name as it is.';
    expect(caught(() => findStack(twins, 'SHOP'))).toEqual(
      ambiguous(`Several stacks are called SHOP in other letter cases: Shop, shop. ${asIs}`),
    );
    expect(caught(() => findLayer(twins, shop, 'aPI'))).toEqual(
      ambiguous(`Several layers are called aPI in other letter cases: API, api. ${asIs}`),
    );
    expect(caught(() => findLayer(twins, shop, 'two'))).toEqual(
      ambiguous(`Several layers are called two in other letter cases: Two, TWO. ${asIs}`),
    );
    expect(caught(() => findInstance(twins, api, 'wEB1'))).toEqual(
      ambiguous(`Several instances are called wEB1 in other letter cases: web1, WEB1. ${asIs}`),
    );
  });
});

describe('instances of a layer', () => {
  it('come in order of their numbers', () => {
    expect(instancesOf(fleet, api).map(({ Hostname }) => Hostname)).toEqual(['API1', 'api2', 'api10']);
    expect(inOrder([instance('b2'), instance('a10'), instance('a9')]).map(({ Hostname }) => Hostname)).toEqual([
      'a9',
      'a10',
      'b2',
    ]);
  });

  it('are found by host name, or by number behind the short name', () => {
    expect(findInstance(fleet, api, 'Api10').Hostname).toBe('api10');
    expect(findInstance(fleet, api, '2').Hostname).toBe('api2');
    expect(findInstance(fleet, findLayer(fleet, stack, 'old-api'), '7').Hostname).toBe('7');
  });
});
