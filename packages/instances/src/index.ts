/** EC2 instances: the words for them, the port to the cloud, and the pure planning of builds. Loads no SDK. */
export * from './build.js';
export * from './ec2-port.js';
export * from './instance.js';
