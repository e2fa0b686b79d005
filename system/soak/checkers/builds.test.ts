import type { Effect, ShownBuild } from '../../harness/builds';
import type { Finding } from '../stream';
import type { Told, ToldBuild } from '../streams/builds-told';
import { checkBuilds } from './builds';
import type { BuildsEvidence, SandboxInstance } from './builds-evidence';

const B = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';
const [I1, I2, I3] = ['i-00000000000000001', 'i-00000000000000002', 'i-00000000000000003'] as const;
const TAGS = { 'quartermaster:build': B, 'soak-request': 'r1' };

const effect = (action: string, details: object): Effect => ({ seq: 1, time: '', service: 'ec2', action, ...details });
const launch = (ids: readonly string[], tags: object = TAGS): Effect =>
  effect('RunInstances', { instance_ids: ids, tags });
const group = (id: string): Effect => effect('CreateSecurityGroup', { group_id: id, tags: TAGS });
const instance = (id: string, state: string, outcome = 'reported'): SandboxInstance => {
  return { id, state, tags: TAGS, cloud_init: { outcome } };
};
const said = (event_id: string, text = ''): { channel: string; event_id: string; text: string } => {
  return { channel: 'general', event_id, text };
};
const ended = (id: string, termination: string): ReturnType<typeof said> =>
  said(`terminated-${termination}`, `Terminated instance \`${id}\``);

const TOLD_BUILD: ToldBuild = {
  id: B,
  request: 'r1',
  by: 'key',
  count: 2,
  isDoomed: false,
  tries: 2,
  state: 'finished',
  instance_ids: [I1, I2],
};
const TOLD: Told = {
  builds: [TOLD_BUILD],
  terminations: [{ instance_id: I1, build_id: B, tries: 1 }],
  refusals: [],
};
const BUILD: ShownBuild = {
  id: B,
  href: '',
  state: 'finished',
  count: 2,
  instance_ids: [I1, I2],
  reports: { [I1]: '', [I2]: '' },
};

/** A build of two whose first instance was terminated: all is well. */
const GOOD: BuildsEvidence = {
  told: TOLD,
  builds: new Map([[B, BUILD]]),
  effects: [group('sg-1'), launch([I1, I2]), effect('TerminateInstances', { instance_ids: [I1] })],
  messages: [
    said(`started-${B}`),
    said(`reported-${B}-${I1}`),
    said(`reported-${B}-${I2}`),
    said(`finished-${B}`),
    ended(I1, 't1'),
  ],
  instances: [instance(I1, 'terminated'), instance(I2, 'running')],
  groups: [{ id: 'sg-1', tags: TAGS }],
  listed: [I2],
  openJobs: [],
  reservations: [],
};

const withBuild = (change: Partial<ShownBuild>): Partial<BuildsEvidence> => ({
  builds: new Map([[B, { ...BUILD, ...change }]]),
});
const withTold = (change: Partial<ToldBuild>): Partial<BuildsEvidence> => ({
  told: { ...TOLD, builds: [{ ...TOLD_BUILD, ...change }] },
});
const unsaid = (word: string): Partial<BuildsEvidence> => ({
  messages: GOOD.messages.filter(({ event_id }) => !event_id?.startsWith(word)),
});
const FAILED: Partial<ShownBuild> = {
  state: 'failed',
  instance_ids: [],
  reports: {},
  error: { kind: 'unavailable', code: 'no-capacity', message: '' },
};
const findings = (change: Partial<BuildsEvidence> = {}): readonly Finding[] =>
  checkBuilds({ ...GOOD, ...change }).findings;

describe('the checker of builds', () => {
  it('finds nothing where all is well', () => {
    expect(findings()).toEqual([]);
  });

  it('finds nothing wrong with a failed build of which nothing is left', () => {
    const told = { ...withTold({ state: 'failed', instance_ids: [] }).told, terminations: [] } as Told;
    const messages = [said(`failed-${B}`)];
    const rest = { effects: [group('sg-1')], instances: [], groups: [], listed: [] };
    expect(findings({ ...withBuild(FAILED), told, messages, ...rest })).toEqual([]);
  });

  it('lets a build stay started whose missing instance is silent or was terminated before its report', () => {
    const one = { ...BUILD, state: 'started', reports: { [I2]: '' } };
    const builds = new Map([[B, one]]);
    const told = { ...TOLD, builds: [{ ...TOLD_BUILD, state: 'started' as const }] };
    for (const outcome of ['silent', 'stopped']) {
      const instances = [instance(I1, 'terminated', outcome), instance(I2, 'running')];
      expect(findings({ told, builds, instances })).toEqual([]);
    }
  });

  it('counts messages that came more than once, and holds nothing against them', () => {
    const verdict = checkBuilds({ ...GOOD, messages: [...GOOD.messages, said(`started-${B}`)] });
    expect([verdict.findings, verdict.counts['repeated messages']]).toEqual([[], 1]);
  });

  const lost: readonly [string, Partial<BuildsEvidence>][] = [
    ['a build that the API does not know', { builds: new Map() }],
    ['a build that is pending', withBuild({ state: 'pending' })],
    ['a build that was finished and is started', withBuild({ state: 'started' })],
    ['a build that failed without a reason', { ...withBuild({ state: 'failed' }), ...withTold({ state: 'failed' }) }],
    [
      'a build that failed for a reason of our own',
      {
        ...withBuild({ ...FAILED, error: { kind: 'unprocessable', code: 'init-script-template', message: '' } }),
        ...withTold({ state: 'pending' }),
      },
    ],
    ['a doomed build that did not fail', withTold({ isDoomed: true })],
    ['a report that was sent and is not on the build', withBuild({ reports: { [I1]: '' } })],
    ['too few instances', { effects: [group('sg-1'), launch([I1])] }],
    ['an instance that the build does not name', withBuild({ instance_ids: [I1] })],
    [
      'an acknowledged termination whose instance lives',
      { instances: [instance(I1, 'running'), instance(I2, 'running')] },
    ],
    ['a refusal', { told: { ...TOLD, refusals: [{ subject: B, what: 'DELETE answered 404' }] } }],
    ['a message of a start that never came', unsaid('started')],
    ['a message of a report that never came', unsaid(`reported-${B}-${I1}`)],
    ['a message of an end that never came', unsaid('finished')],
    ['a message of a termination that never came', unsaid('terminated')],
  ];
  it.each(lost)('finds as lost: %s', (_what, change) => {
    expect(findings(change).map(({ kind }) => kind)).toContain('lost');
  });

  const terminated = (...ids: string[]): Partial<BuildsEvidence> => ({
    effects: [...GOOD.effects, effect('TerminateInstances', { instance_ids: ids })],
  });
  const doubled: readonly [string, Partial<BuildsEvidence>][] = [
    ['a second launch of a build', { effects: [...GOOD.effects, launch([I3])] }],
    ['more instances than asked for', { effects: [launch([I1, I2, I3])] }],
    ['a second group of a build', { effects: [...GOOD.effects, group('sg-2')] }],
    [
      'a second build of one key',
      { effects: [...GOOD.effects, launch([I3], { ...TAGS, 'quartermaster:build': OTHER })] },
    ],
    [
      'a build that nobody was told of',
      {
        builds: new Map([
          [B, BUILD],
          [OTHER, { ...BUILD, id: OTHER }],
        ]),
      },
    ],
    ['a second end of an instance', terminated(I1)],
    ['a second termination of an instance', { messages: [...GOOD.messages, ended(I1, 't2')] }],
    ['a termination that nobody asked for', terminated(I2)],
  ];
  it.each(doubled)('finds as doubled: %s', (_what, change) => {
    expect(findings(change).map(({ kind }) => kind)).toContain('doubled');
  });

  const orphans: readonly [string, Partial<BuildsEvidence>][] = [
    ['an instance of a failed build', withBuild(FAILED)],
    ['an instance of no build', { builds: new Map() }],
    [
      'a group whose every instance is gone',
      { instances: [instance(I1, 'terminated'), instance(I2, 'terminated')], listed: [] },
    ],
    ['a group of a failed build', { ...withBuild(FAILED), instances: [], listed: [] }],
    ['a group of no build', { builds: new Map(), instances: [], listed: [] }],
    ['an open job', { openJobs: [`build-${B}`] }],
    ['a reservation', { reservations: [B] }],
    ['an instance that lives and is not listed', { listed: [] }],
    ['an instance that is listed and does not live', { listed: [I1, I2] }],
  ];
  it.each(orphans)('finds as orphan: %s', (_what, change) => {
    expect(findings(change).map(({ kind }) => kind)).toContain('orphan');
  });
});
