import { parsePrefer, waitFor } from './prefer';

describe('Prefer', () => {
  it.each([
    ['wait=10', 10_000, 'wait=10'],
    ['WAIT = "3"', 3000, 'wait=3'],
    ['wait=0', 0, 'wait=0'],
    ['wait=26', 25_000, 'wait=25'],
    ['wait=999999999', 25_000, 'wait=25'],
    ['return=minimal, wait=5; x=y', 5000, 'wait=5'],
    ['respond-async, wait=10', 10_000, 'wait=10'],
    ['respond-async', undefined, 'respond-async'],
    ['wait', undefined, undefined],
    ['wait=soon', undefined, undefined],
    ['wait=-1', undefined, undefined],
    ['wait=1.5', undefined, undefined],
    ['await=5', undefined, undefined],
    [undefined, undefined, undefined],
  ])('%s waits %s ms and says %s', (header, waitMs, applied) => {
    expect(parsePrefer(header)).toMatchObject({ waitMs, applied, respondAsync: /respond-async/i.test(header ?? '') });
  });

  it.each([
    [undefined, 10_000],
    ['return=minimal', 10_000],
    ['wait=2', 2000],
    ['wait=0', 0],
    ['respond-async', undefined],
    ['respond-async, wait=3', 3000],
  ])('%s to a route that waits by default waits %s ms', (header, waitMs) => {
    expect(parsePrefer(header, 10_000).waitMs).toBe(waitMs);
  });
});

describe('waitFor', () => {
  it('looks once where there is nothing to wait for, and until it is done otherwise', async () => {
    let looks = 0;
    const look = (): Promise<number> => Promise.resolve((looks += 1));
    expect(await waitFor(look, () => false, 0)).toBe(1);
    expect(await waitFor(look, (seen) => seen === 3, 5000)).toBe(3);
    const startedAt = performance.now();
    await waitFor(look, () => false, 60);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
  });
});
