import type { ServiceStatus } from '@quartermaster/stores';
import { showListed, showService } from './show-status.js';

const latest = {
  id: 'u2',
  service: 'web',
  application_id: 'a',
  deployment_id: 'd',
  status: 'running',
  timestamp: '2026-01-02T03:04:05.678Z',
};
const error = { kind: 'unavailable', code: 'status-target-unavailable', message: 'It answers 500.' } as const;
const shown = (service: Partial<ServiceStatus>): unknown =>
  (showService({ latest, waiting: 0, ...service }) as { forwarding: unknown }).forwarding;

describe('a service among others', () => {
  it('is the same without its detail', () => {
    const service = { latest: { ...latest, detail: 'x'.repeat(60_000) }, waiting: 1 };
    expect(showListed(service)).toEqual(showService({ latest, waiting: 1 }));
    expect(showService(service)).toMatchObject({ detail: service.latest.detail });
  });
});

describe('how the forwarding of a service stands', () => {
  it('is waiting, with the target’s last failure and the next try', () => {
    expect(shown({ waiting: 1 })).toEqual({ state: 'waiting', waiting: 1 });
    const trouble = { tries: 3, error, next_at: 1_700_000_000_000 };
    expect(shown({ waiting: 2, trouble, ended: { state: 'delivered' } })).toEqual({
      state: 'waiting',
      waiting: 2,
      last_error: { code: 'status-target-unavailable', message: 'It answers 500.' },
      tries: 3,
      next_try_at: '2023-11-14T22:13:20.000Z',
    });
  });

  it('is what became of the last one, where nothing waits', () => {
    expect(shown({ ended: { state: 'delivered' } })).toEqual({ state: 'delivered', waiting: 0 });
    expect(shown({ ended: { state: 'none' } })).toEqual({ state: 'none', waiting: 0 });
    expect(shown({ ended: { state: 'failed', error } })).toEqual({
      state: 'failed',
      waiting: 0,
      last_error: { code: 'status-target-unavailable', message: 'It answers 500.' },
    });
  });

  it('names what was given up also when later ones were delivered', () => {
    const given_up = { update: { id: 'u1', status: 'starting', timestamp: latest.timestamp }, error, at: 0 };
    expect(shown({ ended: { state: 'delivered' }, given_up })).toMatchObject({
      state: 'delivered',
      given_up: { id: 'u1', status: 'starting', at: '1970-01-01T00:00:00.000Z', error: { code: error.code } },
    });
  });

  it('stands behind the update, which has no field that it was not given', () => {
    expect(Object.keys(showService({ latest, waiting: 0 }))).toEqual(
      'service application_id deployment_id status timestamp id forwarding'.split(' '),
    );
    const whole = { ...latest, detail: 'x', cluster_id: 'c' };
    expect(Object.keys(showService({ latest: whole, waiting: 0 }))).toEqual(
      'service application_id deployment_id status detail cluster_id timestamp id forwarding'.split(' '),
    );
  });
});
