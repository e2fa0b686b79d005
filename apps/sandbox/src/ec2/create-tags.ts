import { defineAction } from './action.js';
import { invalidValue, missingParameter } from './errors.js';
import { assertTagCount, readTags, tagShape } from './tags.js';

/** "You can specify up to 1000 resources" (CreateTags). */
const MAX_RESOURCES = 1000;

export const createTags = defineAction({ ResourceId: { list: 'string' }, Tag: tagShape }, (parameters, call) => {
  const ids = [...new Set(parameters.ResourceId ?? [])];
  if (ids.length === 0) throw missingParameter('resourceIdSet');
  if (ids.length > MAX_RESOURCES) throw invalidValue(`The maximum number of resource IDs is ${MAX_RESOURCES}.`);
  if (parameters.Tag === undefined || parameters.Tag.length === 0) throw missingParameter('tagSet');
  const tags = readTags(parameters.Tag);

  // All of them are looked up first: a call that is refused has tagged nothing.
  const targets = ids.map((id) => ({ id, tags: call.world.tagsOf(id) }));
  for (const target of targets) assertTagCount(new Map([...target.tags, ...tags]));
  call.proceed();
  const changed = targets.filter((target) => [...tags].some(([key, value]) => target.tags.get(key) !== value));
  for (const target of changed) for (const [key, value] of tags) target.tags.set(key, value);
  if (changed.length > 0) {
    call.record({ resource_ids: changed.map((target) => target.id), tags: Object.fromEntries(tags) });
  }
  return { return: true };
});
