import type { KubeObject } from '../objects';
import { rankForDeletion } from './ranking';

const NOW = Date.parse('2030-01-01T12:00:00Z');
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

interface Traits {
  readonly node?: boolean;
  readonly phase?: string;
  readonly ready?: boolean;
  readonly cost?: string;
  readonly readyFor?: number;
  readonly restarts?: number;
  readonly age?: number;
}

function pod(name: string, traits: Traits = {}): KubeObject {
  const { node = true, phase = 'Running', ready = true, cost, readyFor = 60, restarts = 0, age = 60 } = traits;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      resourceVersion: '1',
      creationTimestamp: ago(age),
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: node ? { nodeName: 'node' } : {},
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: ago(readyFor) }],
      containerStatuses: [{ restartCount: restarts }],
    },
  };
}

const namesInOrder = (...pods: KubeObject[]): string[] =>
  rankForDeletion(pods, NOW).map(({ metadata: { name } }) => name);

describe('the order in which pods are given up', () => {
  it('is by node, phase, readiness and cost, each before the next', () => {
    const order = [
      pod('unscheduled', { node: false, phase: 'Pending', ready: false, cost: '9' }),
      pod('pending', { phase: 'Pending', ready: false, cost: '8' }),
      pod('unready', { ready: false, cost: '7' }),
      pod('cheap', { cost: '-1' }),
      pod('dear', { cost: '1', restarts: 5, readyFor: 1, age: 1 }),
    ];
    expect(namesInOrder(...order.toReversed())).toEqual(order.map(({ metadata: { name } }) => name));
  });

  it('is then by how long they have been ready, restarts, and age', () => {
    expect(namesInOrder(pod('long', { readyFor: 4000 }), pod('short', { readyFor: 4 }))).toEqual(['short', 'long']);
    expect(namesInOrder(pod('calm'), pod('restless', { restarts: 2 }))).toEqual(['restless', 'calm']);
    expect(namesInOrder(pod('old', { age: 5000 }), pod('young', { age: 70 }))).toEqual(['young', 'old']);
  });

  it('takes ages of the same order for alike, and then looks at the uid', () => {
    expect(namesInOrder(pod('b', { age: 70, readyFor: 60 }), pod('a', { age: 80, readyFor: 60 }))).toEqual(['a', 'b']);
  });

  it('takes a cost that is no number for 0', () => {
    expect(namesInOrder(pod('odd', { cost: 'cheap' }), pod('low', { cost: '-1' }))).toEqual(['low', 'odd']);
  });
});
