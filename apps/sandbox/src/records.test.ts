import { createRecords } from './records.js';

describe('the log of requests', () => {
  it('keeps the last 10,000, and counts them all', () => {
    const records = createRecords(() => 0);
    for (let index = 0; index < 25_000; index += 1) records.addRequest('ec2', 'DescribeVpcs', String(index), 'ok');
    const { counts, log } = records.requests();
    expect(counts).toEqual({ ec2: { DescribeVpcs: 25_000 } });
    expect(log).toHaveLength(10_000);
    expect(log[0]?.seq).toBe(15_001);
    expect(log.at(-1)).toMatchObject({ seq: 25_000, request_id: '24999' });
  });
});

describe('the log of effects', () => {
  it('keeps every one, in order', () => {
    const records = createRecords(() => Date.UTC(2026, 0, 1));
    for (let index = 0; index < 12_000; index += 1) records.addEffect('ec2', 'CreateTags', String(index), { index });
    expect(records.effects()).toHaveLength(12_000);
    expect(records.effects(11_999)).toEqual([
      {
        seq: 12_000,
        time: '2026-01-01T00:00:00.000Z',
        service: 'ec2',
        action: 'CreateTags',
        request_id: '11999',
        index: 11_999,
      },
    ]);
  });
});
