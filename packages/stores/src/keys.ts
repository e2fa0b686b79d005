/** Every key in Redis; no other file knows a name. Queues lie under `<prefix>:queue`, kept by BullMQ itself. */
export interface Keys {
  readonly queues: string;
  readonly openJobs: string;
  readonly openJobSpecs: string;
  journal(subject: string): string;
  lease(subject: string): string;
  build(id: string): string;
  buildReports(id: string): string;
  /** Build ids by creation time: all of them, or those with one value of a field. */
  buildIndex(field?: string, value?: string): string;
  /** Build id → instances that it will still launch; counted against MAX_INSTANCES. */
  readonly reservedInstances: string;
  termination(instanceId: string): string;
  initScript(buildId: string): string;
  idempotency(scopeHash: string): string;
  readonly instances: string;
  readonly instancesMeta: string;
  readonly managedInstances: string;
  readonly forgottenInstances: string;
  readonly images: string;
  /** Instance id → when its termination protection was looked up, and whether it has it. */
  readonly protectedInstances: string;
  /** Process id → what it said of itself last. */
  readonly processes: string;
}

export function createKeys(prefix: string): Keys {
  return {
    queues: `${prefix}:queue`,
    openJobs: `${prefix}:open-jobs`,
    openJobSpecs: `${prefix}:open-jobs:specs`,
    journal: (subject) => `${prefix}:journal:${subject}`,
    lease: (subject) => `${prefix}:lease:${subject}`,
    build: (id) => `${prefix}:build:${id}`,
    buildReports: (id) => `${prefix}:build:${id}:reports`,
    buildIndex: (field, value) =>
      field === undefined ? `${prefix}:builds` : `${prefix}:builds:${field}:${value ?? ''}`,
    reservedInstances: `${prefix}:instances:reserved`,
    termination: (instanceId) => `${prefix}:termination:${instanceId}`,
    initScript: (buildId) => `${prefix}:init-script:${buildId}`,
    idempotency: (scopeHash) => `${prefix}:idempotency:${scopeHash}`,
    instances: `${prefix}:cache:instances`,
    instancesMeta: `${prefix}:cache:instances:meta`,
    managedInstances: `${prefix}:cache:instances:managed`,
    forgottenInstances: `${prefix}:cache:instances:forgotten`,
    images: `${prefix}:cache:images`,
    protectedInstances: `${prefix}:cache:instances:protected`,
    processes: `${prefix}:processes`,
  };
}
