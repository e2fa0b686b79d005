import { createCalls } from '@quartermaster/aws';

export const { read, change } = createCalls({ name: 'EC2', prefix: 'ec2' });
