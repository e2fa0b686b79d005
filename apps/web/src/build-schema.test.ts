import type { AppError } from '@quartermaster/foundation';
import { completeBuild, sentBuildSchema, type SentBuild } from './build-schema';
import { loadWebConfig } from './config';
import { validateBody } from './validate';

const REQUIRED = { site: 'org', env: 'staging', queue: 'docker', instance_type: 'c3.2xlarge' };

function read(fields: object): SentBuild {
  return validateBody(sentBuildSchema, { instance_builds: { ...REQUIRED, ...fields } }).instance_builds;
}

function problemsOf(body: unknown): Record<string, string> {
  try {
    validateBody(sentBuildSchema, body);
  } catch (error) {
    return Object.fromEntries((error as AppError).problems.map(({ pointer, detail }) => [pointer ?? '', detail]));
  }
  return {};
}

describe('a sent build', () => {
  it('has defaults for what may be left out', () => {
    expect(read({})).toEqual({ ...REQUIRED, role: 'worker', count: 1, boot_instance: true, tags: {} });
  });

  it('may have numbers and booleans as strings, and its id in any case', () => {
    const id = 'C0FFEE00-0000-4000-8000-000000000000';
    const sent = read({ count: '3', root_volume_gb: '20', boot_instance: 'false', id });
    expect(sent).toMatchObject({ count: 3, root_volume_gb: 20, boot_instance: false, id: id.toLowerCase() });
  });

  it('has every problem named with its pointer', () => {
    const body = { instance_builds: { site: 'a b', tags: { Name: 'x', fine: 'y' }, 'odd/field\u0007': 1 }, more: 1 };
    const problems = problemsOf(body);
    expect(Object.keys(problems).sort()).toEqual([
      '/instance_builds/env',
      '/instance_builds/instance_type',
      '/instance_builds/odd~1field\u0007',
      '/instance_builds/queue',
      '/instance_builds/site',
      '/instance_builds/tags/Name',
      '/more',
    ]);
    expect(problems['/more']).toBe('more is not a known field');
    expect(problems['/instance_builds/odd~1field\u0007']).toBe('instance_builds.odd/field  is not a known field');
    expect(problems['/instance_builds/tags/Name']).toMatch(/tags\.Name: a tag has 1 to 128 printable characters/);
  });

  it.each(['i-abcd.large;x', 'C3.large', 'c3', 'c3.', 'c3.large\n'])('has no instance type %j', (instance_type) => {
    expect(Object.keys(problemsOf({ instance_builds: { ...REQUIRED, instance_type } }))).toHaveLength(1);
  });
});

describe('a completed build', () => {
  const environment = { REDIS_URL: 'redis://localhost', AUTH_TOKEN: 'a-token-of-at-least-16' };
  const defaults = {
    DEFAULT_SUBNET_ID: 'subnet-1',
    DEFAULT_SECURITY_GROUP_ID: 'sg-1',
    DEFAULT_IAM_INSTANCE_PROFILE: 'profile',
    DEFAULT_KEY_NAME: 'key',
    DEFAULT_ROOT_VOLUME_GB: '30',
    SLACK_CHANNEL: 'general',
  };

  it("takes the configuration's defaults, and what was sent before them", () => {
    const { config } = loadWebConfig({ ...environment, ...defaults });
    expect(completeBuild(read({}), undefined, config)).toMatchObject({
      subnet_id: 'subnet-1',
      security_group_id: 'sg-1',
      iam_instance_profile: 'profile',
      key_name: 'key',
      root_volume_gb: 30,
      slack_channel: 'general',
    });
    const own = { subnet_id: 'subnet-2', security_group_id: 'sg-2', key_name: 'mine', root_volume_gb: 8 };
    expect(completeBuild(read(own), 'mine', config)).toMatchObject({ ...own, slack_channel: 'mine' });
  });

  it('leaves out what nobody gave, and the id', () => {
    const { config } = loadWebConfig(environment);
    const sent = read({ id: 'c0ffee00-0000-4000-8000-000000000000' });
    const built = completeBuild(sent, undefined, config);
    expect(Object.keys(built).sort()).toEqual(
      [...Object.keys(REQUIRED), 'role', 'count', 'boot_instance', 'tags', 'name_template'].sort(),
    );
  });
});
