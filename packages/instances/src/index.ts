/**
 * EC2 instances: the words for them, the port to the cloud, and the pure planning of builds: which image is taken, how an
 * instance is named, what `RunInstances` is sent, how the cache follows EC2's listing. Loads no SDK and no template
 * engine, so `web` may import it. The sub-paths do: `init-scripts` renders what an instance runs at its first start,
 * `aws` is the port made real on EC2.
 */
export * from './build-secret.js';
export * from './build.js';
export * from './choose-image.js';
export * from './ec2-port.js';
export * from './instance.js';
export * from './name-template.js';
export * from './plan-launch.js';
export * from './plan-refresh.js';
