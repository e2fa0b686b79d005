// Clouds that answer at once and do nothing: what is left is the product's own work.

let launched = 0;

export function createNoOpClouds() {
  const image = {
    ami: 'ami-0123456789abcdef0',
    name: 'worker-20260101',
    role: 'worker',
    active: true,
    state: 'available',
    creation_date: '2026-01-01T00:00:00.000Z',
    root_device_name: '/dev/xvda',
  };
  const launch = (plan) => ({
    id: `i-${(launched += 1).toString(16).padStart(17, '0')}`,
    name: '',
    instance_type: plan.instance_type,
    image_id: plan.image_id,
    ip: '',
    private_ip: '10.0.0.1',
    launch_time: new Date().toISOString(),
    state: 'pending',
    queue: plan.tags['queue'] ?? '',
    env: plan.tags['env'] ?? '',
    site: plan.tags['site'] ?? '',
    role: plan.tags['role'] ?? '',
    managed: true,
    build_id: plan.tags['quartermaster:build'] ?? '',
  });
  const nothing = async () => {};
  const ec2 = {
    listInstances: async () => [],
    listInstancesOfBuild: async () => [],
    findInstances: async () => [],
    listImages: async () => [image],
    findImage: async () => image,
    resolveVpc: async () => 'vpc-00000001',
    createSecurityGroup: async () => 'sg-00000001',
    findSecurityGroup: async () => undefined,
    authorizeSsh: nothing,
    deleteSecurityGroup: async () => true,
    listSecurityGroups: async () => [],
    runInstances: async (plan) => Array.from({ length: plan.count }, () => launch(plan)),
    tagInstance: nothing,
    terminateInstances: nothing,
    close: () => {},
  };
  return { ec2, stacks: {}, aws: {}, notifier: { post: nothing } };
}
