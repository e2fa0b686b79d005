import {
  buildFailed,
  buildFinished,
  buildLaunched,
  buildStored,
  instanceReported,
  instancesUnreported,
  instanceTerminated,
  recordsFailed,
  statusNotForwarded,
  terminationFailed,
  type ToldBuild,
} from './texts.js';

const build: ToldBuild = {
  id: 'b1',
  href: 'https://qm.example.com/instance-builds/b1',
  site: 'org',
  env: 'staging',
  queue: 'docker',
  role: 'worker',
  instance_type: 'c3.2xlarge',
  count: 2,
};
const place = 'role `worker`, site `org`, env `staging`, queue `docker`';
const reference = '(<https://qm.example.com/instance-builds/b1|build b1>)';
const ids = ['i-1', 'i-2'];

describe('what is told', () => {
  it.each([
    [
      buildLaunched(build, { ami: 'ami-1', instance_ids: ids }),
      `Started 2 instances of type \`c3.2xlarge\` from \`ami-1\` for ${place}: \`i-1\`, \`i-2\` ${reference}`,
    ],
    [buildStored(build), `Stored the init script for ${place}; no instance was asked for ${reference}`],
    [
      buildFailed({ ...build, count: 1 }, 'There is no image.'),
      `Could not start 1 instance of type \`c3.2xlarge\` for ${place}: There is no image ${reference}`,
    ],
    [
      instanceReported(build, { id: 'i-1', name: 'worker-1' }, 1),
      `Instance \`i-1\` \`worker-1\` for ${place} is ready, 1 of 2 ${reference}`,
    ],
    [buildFinished(build, ids), `Finished: 2 instances for ${place} are ready: \`i-1\`, \`i-2\` ${reference}`],
    [buildFinished(build, ['i-1']), `Finished: 1 instance for ${place} is ready: \`i-1\` ${reference}`],
    [
      instancesUnreported(build, ['i-2'], '30 min'),
      `1 instance for ${place} has not reported within 30 min: \`i-2\` ${reference}`,
    ],
    [instanceTerminated({ id: 'i-1', name: '' }), 'Terminated instance `i-1`'],
    [
      terminationFailed({ id: 'i-1', name: 'n' }, 'EC2 refused (X: no)'),
      'Could not terminate instance `i-1` `n`: EC2 refused (X: no)',
    ],
    [
      recordsFailed([{ hostname: 'a.example.com', reason: 'A 1.2.3.4 (TTL 60) stands there.' }]),
      'Could not change the DNS record `a.example.com`: A 1.2.3.4 (TTL 60) stands there',
    ],
    [
      recordsFailed(Array.from({ length: 12 }, (_, count) => ({ hostname: `h${count}`, reason: 'no' }))),
      `Could not change 12 DNS records ${Array.from({ length: 10 }, (_, count) => `\`h${count}\`: no`).join('; ')}; and 2 more`,
    ],
  ])('reads: %s', (text, expected) => {
    expect(text).toBe(expected);
  });

  it('calls nobody and links nowhere, whatever values hold', () => {
    const hostile = '<!channel> <https://evil|x> `code` & more';
    const fields = { site: hostile, env: hostile, queue: hostile, role: hostile, instance_type: hostile };
    const odd: ToldBuild = { ...build, ...fields, id: hostile };
    const texts = [
      buildLaunched(odd, { ami: hostile, instance_ids: [hostile] }),
      buildStored(odd),
      buildFailed(odd, hostile),
      instanceReported(odd, { id: hostile, name: hostile }, 1),
      buildFinished(odd, [hostile]),
      instancesUnreported(odd, [hostile], hostile),
      instanceTerminated({ id: hostile, name: hostile }),
      recordsFailed([{ hostname: hostile, reason: hostile }]),
      statusNotForwarded(hostile, 2, hostile),
      terminationFailed({ id: hostile, name: hostile }, hostile),
    ];
    for (const text of texts) {
      expect(text).not.toMatch(/<!|<@|<#|<https:\/\/evil/);
      // The one link is the house's own.
      expect(text.match(/</g)?.length ?? 0).toBeLessThanOrEqual(1);
      expect((text.match(/`/g)?.length ?? 0) % 2).toBe(0);
    }
  });

  it('stays short, with the address still on it where the reason is endless', () => {
    const text = buildFailed(build, 'because & '.repeat(2_000));
    expect(text.length).toBeLessThanOrEqual(3_000);
    expect(text.endsWith(reference)).toBe(true);
    const many = Array.from({ length: 500 }, (_, index) => `i-${index}`);
    expect(buildFinished(build, many)).toContain('and 480 more');
  });
});

describe('status updates that were given up', () => {
  it('are told with the service and the reason', () => {
    expect(statusNotForwarded('web', 1, 'The target of status updates refuses it (400).')).toBe(
      'Could not forward a status update of service `web`: The target of status updates refuses it (400)',
    );
    expect(statusNotForwarded('web', 12, 'because')).toContain('12 status updates of service `web`');
  });
});
