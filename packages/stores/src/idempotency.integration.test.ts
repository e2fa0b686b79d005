import { openTestRedis, type TestRedis } from '@quartermaster/testing';
import { CLAIM_MS, createIdempotencyKeys, type IdempotencyClaim, type IdempotencyKeys } from './idempotency.js';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const ANSWER = { status: 202, headers: { Location: '/instance-builds/1' }, body: '{"id":"1"}' };

let test: TestRedis;
let keys: IdempotencyKeys;
beforeEach(async () => {
  test = await openTestRedis();
  keys = createIdempotencyKeys(test.redis, test.keys);
});
afterEach(() => test.close());

const claim = (owner: string, now = NOW, fingerprint = 'same body'): Promise<IdempotencyClaim> =>
  keys.claim('scope', fingerprint, owner, `operation-of-${owner}`, now);

describe('an Idempotency-Key', () => {
  it('belongs to the first of those who claim it at once', async () => {
    const claims = await Promise.all(['a', 'b', 'c'].map((owner) => claim(owner)));
    expect(claims).toEqual([
      { outcome: 'mine', operationId: 'operation-of-a' },
      { outcome: 'in-flight' },
      { outcome: 'in-flight' },
    ]);
    expect(await keys.claim('other scope', 'x', 'd', 'o', NOW)).toEqual({ outcome: 'mine', operationId: 'o' });
  });

  it('gives the first answer again for a day, to the same request only', async () => {
    const askedAt = Date.now();
    await claim('a');
    await keys.keep('scope', 'a', ANSWER);
    expect(await claim('b', NOW + 3_600_000)).toEqual({ outcome: 'answered', answer: ANSWER });
    expect(await claim('b', NOW, 'another body')).toEqual({ outcome: 'differs' });
    const left = await test.redis.pttl(test.keys.idempotency('scope'));
    expect(left).toBeGreaterThan(86_400_000 - 1000 - (Date.now() - askedAt));
  });

  it('is taken over, under the same operation, from an owner that has fallen silent', async () => {
    await claim('a');
    await keys.renew('scope', 'a', NOW + 3000);
    expect(await claim('b', NOW + CLAIM_MS + 1)).toEqual({ outcome: 'in-flight' });
    expect(await claim('b', NOW + 3000 + CLAIM_MS)).toEqual({ outcome: 'mine', operationId: 'operation-of-a' });
    // The former owner was only slow: nothing of it counts any more.
    await keys.keep('scope', 'a', ANSWER);
    await keys.release('scope', 'a', true);
    expect(await claim('c', NOW + 3000 + CLAIM_MS)).toEqual({ outcome: 'in-flight' });
    await keys.keep('scope', 'b', ANSWER);
    expect((await claim('c')).outcome).toBe('answered');
  });

  it('may be used for anything after a refusal, for the same only after a failure', async () => {
    await claim('a');
    await keys.release('scope', 'a', true);
    expect(await claim('b', NOW, 'another body')).toEqual({ outcome: 'mine', operationId: 'operation-of-b' });
    await keys.release('scope', 'b', false);
    expect(await claim('c', NOW, 'a third body')).toEqual({ outcome: 'differs' });
    expect(await claim('c', NOW, 'another body')).toEqual({ outcome: 'mine', operationId: 'operation-of-b' });
  });
});
