import type { Option } from '../../command.js';
import { usageFailure } from '../../failures.js';
import { wholeNumber } from '../../whole-number.js';
import { imageIds, valuesOf } from './fleet.js';

/** What is typed of a build. */
export interface BuildOptions {
  readonly site?: string;
  readonly env?: string;
  readonly queue?: string;
  readonly role?: string;
  readonly instanceType?: string;
  readonly count?: number;
  readonly ami?: string;
  readonly subnetId?: string;
  readonly securityGroupId?: string;
  readonly iamInstanceProfile?: string;
  readonly keyName?: string;
  readonly rootVolumeGb?: number;
  readonly tag?: readonly (readonly [string, string])[];
  readonly nameTemplate?: string;
  readonly slackChannel?: string;
  /** True unless `--no-boot-instance` is given. */
  readonly bootInstance: boolean;
  readonly id?: string;
}

/** The body of `POST /instance-builds`. What is left out has the server's default. */
export interface SentBuild {
  readonly id: string;
  readonly site: string;
  readonly env: string;
  readonly queue: string;
  readonly instance_type: string;
  readonly role?: string;
  readonly count?: number;
  readonly boot_instance?: false;
}

/** What the server takes for a role that is not given. */
export const DEFAULT_ROLE = 'worker';
/** What EC2 has at most. */
const MAX_VOLUME_GB = 16_384;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function parseTag(text: string): readonly [string, string] {
  const end = text.indexOf('=');
  if (end < 1) throw new Error('must be a tag like team=search');
  return [text.slice(0, end), text.slice(end + 1)];
}

function parseId(text: string): string {
  if (!UUID.test(text)) throw new Error('must be a UUID like 87ff7a06-8be5-4a07-9d3f-2c697f7f4ce6');
  return text.toLowerCase();
}

/** An option for every field. */
export const BUILD_FIELDS: readonly Option[] = [
  { flags: '--site <name>', summary: 'The site, like org', completion: valuesOf('site') },
  { flags: '--env <name>', summary: 'The environment, like staging', completion: valuesOf('env') },
  { flags: '--queue <name>', summary: 'The queue that they serve', completion: valuesOf('queue') },
  { flags: '--role <name>', summary: `Their role (${DEFAULT_ROLE})`, completion: valuesOf('role') },
  {
    flags: '-t, --instance-type <type>',
    summary: 'Their type, like c3.2xlarge',
    completion: valuesOf('instance_type'),
  },
  { flags: '-n, --count <number>', summary: 'How many (1)', parse: (text) => wholeNumber(text) },
  { flags: '--ami <id>', summary: 'An image (the active one of the role)', completion: imageIds },
  { flags: '--subnet-id <id>', summary: 'A subnet' },
  { flags: '--security-group-id <id>', summary: 'A security group (one is made)' },
  { flags: '--iam-instance-profile <name>', summary: 'An instance profile, by name or ARN' },
  { flags: '--key-name <name>', summary: 'A key pair' },
  {
    flags: '--root-volume-gb <number>',
    summary: 'Size of the root volume in GB (the image’s)',
    parse: (text) => wholeNumber(text, MAX_VOLUME_GB),
  },
  { flags: '--tag <key=value>', summary: 'A tag; may be given several times', isList: true, parse: parseTag },
  { flags: '--name-template <text>', summary: 'Their names, with {{ field }} of the build' },
  { flags: '--slack-channel <channel>', summary: 'Where Slack is told of it' },
  { flags: '--no-boot-instance', summary: 'Launch nothing, only store the init script' },
  {
    flags: '--id <uuid>',
    summary: 'Its id (one is made); the same build with the same id is built once, however often it is sent',
    parse: parseId,
  },
];

/** @throws Failure (usage) where something is missing that every build needs. */
export function bodyOf(given: BuildOptions, newId: () => string): SentBuild {
  const { site, env, queue, instanceType } = given;
  if (site === undefined || env === undefined || queue === undefined || instanceType === undefined) {
    const needed = { '--site': site, '--env': env, '--queue': queue, '--instance-type': instanceType };
    const missing = Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [name] : []));
    throw usageFailure(`A build needs ${new Intl.ListFormat('en-GB').format(missing)}.`, '--help has examples.');
  }
  const optional = {
    role: given.role,
    count: given.count,
    ami: given.ami,
    subnet_id: given.subnetId,
    security_group_id: given.securityGroupId,
    iam_instance_profile: given.iamInstanceProfile,
    key_name: given.keyName,
    root_volume_gb: given.rootVolumeGb,
    tags: given.tag && Object.fromEntries(given.tag),
    name_template: given.nameTemplate,
    slack_channel: given.slackChannel,
    boot_instance: given.bootInstance ? undefined : (false as const),
  };
  const named = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { id: given.id ?? newId(), site, env, queue, instance_type: instanceType, ...named };
}

/** The names of fields in a message of the API, as options. */
export function withOptionNames(text: string): string {
  return text.replace(/\binstance_builds\.([a-z_]+)/g, (_all, field: string) =>
    field === 'tags' ? '--tag' : `--${field.replaceAll('_', '-')}`,
  );
}
