import { Ec2Error, invalidValue } from './errors.js';
import type { Tags } from './model.js';
import type { Parsed } from './parameters.js';
import type { XmlValue } from './xml.js';

export const tagShape = { list: { fields: { Key: 'string', Value: 'string' } } } as const;
export const tagSpecificationShape = {
  list: { fields: { ResourceType: 'string', Tag: tagShape } },
} as const;

type TagList = Parsed<typeof tagShape>;

/** "Tag restrictions", EC2 User Guide. */
const MAX_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;

/** Reads tags, refusing what EC2 refuses. */
export function readTags(list: TagList | undefined): Tags {
  const tags: Tags = new Map();
  for (const { Key: key, Value: value } of list ?? []) {
    if (key === undefined || key === '') throw invalidValue('Tag key cannot be null or empty');
    if (value === undefined) throw invalidValue('Tag value cannot be null. Use empty string instead.');
    if (key.length > MAX_KEY) throw invalidValue(`Tag key exceeds the maximum length of ${MAX_KEY} characters`);
    if (value.length > MAX_VALUE) throw invalidValue(`Tag value exceeds the maximum length of ${MAX_VALUE} characters`);
    if (key.toLowerCase().startsWith('aws:')) {
      throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
    }
    if (tags.has(key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
    tags.set(key, value);
  }
  assertTagCount(tags);
  return tags;
}

export function assertTagCount(tags: ReadonlyMap<string, string>): void {
  if (tags.size > MAX_TAGS) {
    throw new Ec2Error('TagLimitExceeded', `The resultant tag set must not have more than ${MAX_TAGS} user tags.`);
  }
}

/**
 * Reads the tag specifications of a create call: resource type → tags. `allowed` are the types that the call can make,
 * the first of which the sandbox keeps tags for.
 */
export function readTagSpecifications(
  list: Parsed<typeof tagSpecificationShape> | undefined,
  allowed: readonly string[],
): Map<string, Tags> {
  const result = new Map<string, Tags>();
  for (const { ResourceType: type, Tag: tags } of list ?? []) {
    if (type === undefined) throw invalidValue('Tag specification resource type must have a value');
    if (!allowed.includes(type)) {
      throw invalidValue(`'${type}' is not a valid taggable resource type for this operation.`);
    }
    if (tags === undefined || tags.length === 0) throw invalidValue('Tag specification must have at least one tag');
    if (result.has(type)) throw invalidValue(`Duplicate tag specification for resource type '${type}'.`);
    result.set(type, readTags(tags));
  }
  return result;
}

/** Tags can be read through instance metadata only with keys that fit a path ("View tags using instance metadata"). */
export function assertMetadataTagKeys(tags: ReadonlyMap<string, string>): void {
  const bad = [...tags.keys()].find(
    (key) => !/^[0-9a-zA-Z\-_+=,.@:]{1,255}$/.test(key) || /^(?:\.|\.\.|_index)$/.test(key),
  );
  if (bad === undefined) return;
  throw invalidValue(
    `'${bad}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{1,255}), ` +
      "and must not be a reserved name ('.', '..', '_index')",
  );
}

export function tagsXml(tags: ReadonlyMap<string, string>): XmlValue {
  return [...tags].map(([key, value]) => ({ key, value }));
}
