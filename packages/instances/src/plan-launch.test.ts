import type { BuildRequest } from './build.js';
import type { CloudImage } from './instance.js';
import { instanceBuildUrl, planLaunch, planUserData, securityGroupName, type LaunchFacts } from './plan-launch.js';

const BUILD_ID = '4f3c2b1a-0000-4000-8000-000000000001';

const request: BuildRequest = {
  site: 'org',
  env: 'staging',
  queue: 'docker',
  role: 'worker',
  instance_type: 'c3.2xlarge',
  count: 4,
  tags: {},
  name_template: '{{ role }}',
  boot_instance: true,
};
const image: CloudImage = {
  ami: 'ami-1',
  name: 'worker-1',
  role: 'worker',
  active: true,
  state: 'available',
  creation_date: '2026-01-01T00:00:00.000Z',
  root_device_name: '/dev/sda1',
};
const facts: LaunchFacts = {
  build_id: BUILD_ID,
  attempt: 1,
  request,
  image,
  install_id: 'prod',
};

describe('planLaunch', () => {
  it('leaves out what was not asked for', () => {
    expect(planLaunch(facts)).toEqual({
      client_token: `${BUILD_ID}-1`,
      image_id: 'ami-1',
      instance_type: 'c3.2xlarge',
      count: 4,
      tags: {
        role: 'worker',
        site: 'org',
        env: 'staging',
        queue: 'docker',
        'quartermaster:build': BUILD_ID,
        'quartermaster:install': 'prod',
      },
    });
  });

  it('hands on subnet, profile and key, and sizes the image’s own root device', () => {
    const full = { ...request, subnet_id: 'subnet-1', iam_instance_profile: 'p', key_name: 'k', root_volume_gb: 40 };
    expect(planLaunch({ ...facts, request: full })).toMatchObject({
      subnet_id: 'subnet-1',
      iam_instance_profile: 'p',
      key_name: 'k',
      root_volume: { device_name: '/dev/sda1', size_gb: 40 },
    });
  });

  it('lets the house’s tags win over the caller’s', () => {
    const tags = { team: 'blue', role: 'spoofed', 'quartermaster:install': 'other', 'quartermaster:build': 'other' };
    expect(planLaunch({ ...facts, request: { ...request, tags } }).tags).toEqual({
      team: 'blue',
      role: 'worker',
      site: 'org',
      env: 'staging',
      queue: 'docker',
      'quartermaster:build': BUILD_ID,
      'quartermaster:install': 'prod',
    });
  });

  it('makes one token per attempt, within EC2’s limit, and none that EC2 would refuse', () => {
    expect(planLaunch({ ...facts, attempt: 12 }).client_token).toBe(`${BUILD_ID}-12`);
    expect(() => planLaunch({ ...facts, build_id: 'x'.repeat(63) })).toThrow(RangeError);
    expect(() => planLaunch({ ...facts, build_id: 'bücher' })).toThrow(RangeError);
  });

  it('plans the same twice', () => {
    expect(JSON.stringify(planLaunch(facts))).toBe(JSON.stringify(planLaunch(structuredClone(facts))));
  });
});

describe('the addresses that instances get', () => {
  it.each([
    ['https://qm.example.com', 'https://x:s3cret@qm.example.com/init-scripts/b1'],
    ['https://qm.example.com/', 'https://x:s3cret@qm.example.com/init-scripts/b1'],
    ['https://example.com/fleet/qm/', 'https://x:s3cret@example.com/fleet/qm/init-scripts/b1'],
    ['http://localhost:5000', 'http://x:s3cret@localhost:5000/init-scripts/b1'],
    ['https://user:pw@example.com/?q=1#h', 'https://x:s3cret@example.com/init-scripts/b1'],
  ])('include the script below %s', (webUrl, expected) => {
    expect(planUserData(webUrl, 'b1', 's3cret')).toBe(`#include-once ${expected}\n`);
  });

  it('name where to report', () => {
    expect(instanceBuildUrl('https://example.com/qm', 'b1', 's')).toBe('https://x:s@example.com/qm/instance-builds/b1');
  });
});

it('a build’s security group is named after the build', () => {
  expect(securityGroupName(BUILD_ID)).toBe(`quartermaster-${BUILD_ID}`);
});
