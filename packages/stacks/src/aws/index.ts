import { createEc2TagsStacks } from './create-ec2-tags-stacks.js';
import { createOpsWorksStacks } from './create-opsworks-stacks.js';
import type { StackSource } from '../stack-source.js';
import type { Stacks, StacksPlace } from './stacks.js';

/** Both sources of stacks, on the AWS SDK. Loading this loads the SDK: worker and mini-worker only. */
export { createEc2TagsStacks, createOpsWorksStacks, type Stacks, type StacksPlace };

/** The source that `STACKS_SOURCE` names. */
export function createStacks(source: StackSource['name'], region: string, place: StacksPlace = {}): Stacks {
  return source === 'opsworks' ? createOpsWorksStacks(place) : createEc2TagsStacks(region, place);
}
