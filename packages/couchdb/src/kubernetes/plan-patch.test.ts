import { planPatch, toWire } from './plan-patch.js';

it('nothing is to be done where all that is wished stands, whatever else stands there', () => {
  const wished = { metadata: { labels: { a: '1' } }, spec: { ports: [{ port: 1 }], selector: {} } };
  const standing = {
    metadata: { labels: { a: '1', b: '2' }, uid: 'u' },
    spec: { ports: [{ port: 1, protocol: 'TCP' }], selector: { x: 'y' }, clusterIP: '10.0.0.1' },
  };
  expect(planPatch(wished, standing)).toBeUndefined();
});

it('what differs is named, and nothing beside it', () => {
  const patch = planPatch(
    { metadata: { labels: { a: '1', b: '2' } }, spec: { replicas: 3, template: { spec: { x: 1 } } } },
    { metadata: { labels: { a: '1', b: '3' } }, spec: { replicas: 2, template: { spec: { x: 1 } } } },
  );
  expect(patch).toEqual({ metadata: { labels: { b: '2' } }, spec: { replicas: 3 } });
});

it('what is missing is made, also deep', () => {
  expect(planPatch({ metadata: { annotations: { a: '1' } } }, { metadata: {} })).toEqual({
    metadata: { annotations: { a: '1' } },
  });
});

it('a list that differs in one entry, or in length, is named as a whole', () => {
  const list = [{ a: 1 }, { a: 2 }];
  expect(planPatch({ list }, { list: [{ a: 1, b: 1 }, { a: 3 }] })).toEqual({ list });
  expect(planPatch({ list }, { list: [...list, { a: 3 }] })).toEqual({ list });
  expect(planPatch({ list }, {})).toEqual({ list });
});

it('null takes away what stands', () => {
  expect(planPatch({ a: { b: null } }, { a: { b: 'x' } })).toEqual({ a: { b: null } });
  expect(planPatch({ a: { b: null } }, { a: {} })).toBeUndefined();
  expect(planPatch({ a: { b: null } }, {})).toBeUndefined();
});

it('an empty object is as wished where the server left it out or has more', () => {
  expect(
    planPatch({ spec: { podSelector: {} } }, { spec: { podSelector: { matchLabels: { a: '1' } } } }),
  ).toBeUndefined();
});

it('words that the client’s types escape are sent as they are', () => {
  expect(planPatch({ ingress: [{ _from: [{ a: 1 }] }] }, {})).toEqual({ ingress: [{ from: [{ a: 1 }] }] });
  expect(planPatch({ _from: { a: 1 } }, { _from: { a: 2 } })).toEqual({ from: { a: 1 } });
  expect(toWire({ _from: [1], data: { _users: 'x' } })).toEqual({ from: [1], data: { _users: 'x' } });
});
