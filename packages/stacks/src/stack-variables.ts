import Joi from 'joi';
import type { StackSource } from './stack-source.js';

/** What worker and mini-worker read, that both look at the same stacks. */
export const stackVariables = {
  STACKS_SOURCE: Joi.string()
    .valid('ec2-tags', 'opsworks')
    .default('ec2-tags')
    .description('where stacks come from: tags of EC2 instances, or the OpsWorks API (which AWS ended in May 2024)'),
};

export interface StackConfig {
  STACKS_SOURCE: StackSource['name'];
}
