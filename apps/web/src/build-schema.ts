import Joi from 'joi';
import { DEFAULT_NAME_TEMPLATE, parseNameTemplate, type BuildRequest } from '@quartermaster/instances';
import { buildFieldPatterns as patterns } from './build-fields.js';
import type { WebConfig } from './config.js';

const name = Joi.string().pattern(patterns.name, 'letters, digits, dot, underscore and dash; 63 at most');

/** Tags that the house sets itself. */
const RESERVED_TAG = /^(aws:|quartermaster:|(Name|role|site|env|queue)$)/;
const MAX_TAGS = 40;

const tags = Joi.object()
  .pattern(
    Joi.string()
      .min(1)
      .max(128)
      .pattern(patterns.printable, 'printable characters')
      .pattern(RESERVED_TAG, { name: 'tags that are set by Quartermaster or AWS', invert: true }),
    Joi.string().max(256).allow('').pattern(patterns.printable, 'printable characters'),
  )
  .max(MAX_TAGS)
  .meta({ swagger: { maxProperties: MAX_TAGS } })
  .messages({
    'object.unknown':
      '{{#label}}: a tag has 1 to 128 printable characters and is none of aws:…, quartermaster:…, Name, role, site, env, queue',
  });

/** What a caller may send: the fields of a build, and the id that makes a repetition safe. */
export interface SentBuild extends Partial<Omit<BuildRequest, 'role' | 'count' | 'boot_instance' | 'tags'>> {
  readonly site: string;
  readonly env: string;
  readonly queue: string;
  readonly instance_type: string;
  readonly role: string;
  readonly count: number;
  readonly boot_instance: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly id?: string;
}

export const sentBuildSchema = Joi.object<{ instance_builds: SentBuild }>({
  instance_builds: Joi.object({
    site: name.required(),
    env: name.required(),
    queue: name.required(),
    role: name.default('worker'),
    instance_type: Joi.string().pattern(patterns.instanceType, 'an instance type like c3.2xlarge').required(),
    count: Joi.number().integer().min(1).default(1),
    ami: Joi.string().pattern(patterns.ami, 'an image id like ami-00aabbcc'),
    subnet_id: Joi.string().pattern(patterns.subnetId, 'a subnet id like subnet-00aabbcc'),
    security_group_id: Joi.string().pattern(patterns.securityGroupId, 'a security group id like sg-00aabbcc'),
    iam_instance_profile: Joi.string().pattern(patterns.iamInstanceProfile, 'the name or ARN of an instance profile'),
    key_name: Joi.string().pattern(patterns.keyName, 'the name of a key pair'),
    root_volume_gb: Joi.number().integer().min(1).max(16_384),
    tags: tags.default({}),
    name_template: Joi.string()
      .max(255)
      .custom((text: string) => {
        parseNameTemplate(text);
        return text;
      })
      .messages({ 'any.custom': '{{#label}}: {{#error.message}}' })
      .description('with `{{ field }}` of the build; no tags and no filters'),
    slack_channel: Joi.string().pattern(patterns.slackChannel, 'a channel name'),
    boot_instance: Joi.boolean().default(true),
    id: Joi.string()
      .pattern(patterns.uuid, 'a UUID')
      .lowercase()
      .meta({ swagger: { format: 'uuid', pattern: '^[0-9A-Fa-f-]{36}$' } }),
  }).required(),
});

/** The build as it will be carried out: what was sent, and the configuration's defaults for the rest. */
export function completeBuild(sent: SentBuild, channel: string | undefined, config: WebConfig): BuildRequest {
  const { id: _id, slack_channel: _channel, ...fields } = sent;
  const subnetId = sent.subnet_id ?? config.DEFAULT_SUBNET_ID;
  const groupId = sent.security_group_id ?? config.DEFAULT_SECURITY_GROUP_ID;
  const profile = sent.iam_instance_profile ?? config.DEFAULT_IAM_INSTANCE_PROFILE;
  const keyName = sent.key_name ?? config.DEFAULT_KEY_NAME;
  const volume = sent.root_volume_gb ?? config.DEFAULT_ROOT_VOLUME_GB;
  const slackChannel = channel ?? config.SLACK_CHANNEL;
  return {
    ...fields,
    name_template: sent.name_template ?? DEFAULT_NAME_TEMPLATE,
    ...(subnetId === undefined ? {} : { subnet_id: subnetId }),
    ...(groupId === undefined ? {} : { security_group_id: groupId }),
    ...(profile === undefined ? {} : { iam_instance_profile: profile }),
    ...(keyName === undefined ? {} : { key_name: keyName }),
    ...(volume === undefined ? {} : { root_volume_gb: volume }),
    ...(slackChannel === undefined ? {} : { slack_channel: slackChannel }),
  };
}
