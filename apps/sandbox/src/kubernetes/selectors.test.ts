import { matchesMap, matchesSelector, parseLabelSelector } from './selectors.js';
import { StatusError } from './status.js';

const LABELS = { app: 'couchdb', tier: 'front', 'quartermaster/owner': '1a2b3c4d', empty: '' };

describe('labelSelector', () => {
  it.each([
    ['', true],
    ['app=couchdb', true],
    ['app==couchdb', true],
    ['app = couchdb', true],
    ['app=other', false],
    ['app!=other', true],
    ['app!=couchdb', false],
    ['none!=x', true],
    ['empty=', true],
    ['quartermaster/owner=1a2b3c4d,tier=front', true],
    ['quartermaster/owner=1a2b3c4d,tier=back', false],
    ['tier in (front,back),app', true],
    ['tier in (back)', false],
    ['tier notin (back, side)', true],
    ['tier notin (front)', false],
    ['none notin (front)', true],
    ['app', true],
    ['none', false],
    ['!none', true],
    ['!app', false],
    ['app=couchdb,tier in (front, x),!none', true],
  ])('%j: %s', (text, expected) => {
    expect(parseLabelSelector(text)(LABELS)).toBe(expected);
  });

  it.each(['a=b=c', 'a in b', 'a in (b', '=b', 'a b', 'a,,b', 'a=b c', '-a=b', 'a=-b', 'a>1'])(
    'refuses %j as the server does',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow(StatusError);
      expect(() => parseLabelSelector(text)).toThrow('unable to parse requirement');
    },
  );
});

describe('the selector of a spec', () => {
  it('needs every label and every expression', () => {
    const expressions = [
      { key: 'tier', operator: 'In', values: ['front', 'back'] },
      { key: 'none', operator: 'DoesNotExist' },
      { key: 'app', operator: 'Exists' },
      { key: 'app', operator: 'NotIn', values: ['x'] },
    ];
    expect(matchesSelector({ matchLabels: { app: 'couchdb' }, matchExpressions: expressions }, LABELS)).toBe(true);
    expect(matchesSelector({ matchLabels: { app: 'x' }, matchExpressions: expressions }, LABELS)).toBe(false);
    for (const index of expressions.keys()) {
      const others = { tier: 'side', none: 'x' };
      const broken = index === 0 ? { ...LABELS, tier: others.tier } : { ...LABELS, none: others.none };
      expect(matchesSelector({ matchExpressions: expressions }, broken)).toBe(false);
    }
  });

  it('meets everything where it is empty, as a plain map meets nothing', () => {
    expect(matchesSelector({}, LABELS)).toBe(true);
    expect(matchesMap({}, LABELS)).toBe(false);
    expect(matchesMap({ app: 'couchdb' }, LABELS)).toBe(true);
    expect(matchesMap({ app: 'couchdb', tier: 'back' }, LABELS)).toBe(false);
  });
});
