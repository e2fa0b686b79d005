import { createCrashPoint } from './crash-point';

const POINTS = ['build/plan:before', 'task/plan:before', 'build/plan:acted', 'build/plan:after'];

function diesAt(wanted: string | undefined): string[] {
  const died: string[] = [];
  let at = '';
  const crashPoint = createCrashPoint(wanted, () => died.push(at));
  for (const point of POINTS) {
    at = point;
    crashPoint(point);
  }
  return died;
}

describe('a crash point', () => {
  it('is the one that is named', () => {
    expect(diesAt('build/plan:acted')).toEqual(['build/plan:acted']);
  });

  it('is the one of that number among those of its kind', () => {
    expect(diesAt('build/2')).toEqual(['build/plan:acted']);
    expect(diesAt('task/1')).toEqual(['task/plan:before']);
  });

  it('is none where none is wanted, or it is never reached', () => {
    for (const wanted of [undefined, 'build/plan', 'build/9', 'other/1']) expect(diesAt(wanted)).toEqual([]);
  });
});
