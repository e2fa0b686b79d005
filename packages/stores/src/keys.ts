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
  readonly stacks: string;
  readonly zones: string;
  /** Host name → id of the managed record that has it. */
  readonly dnsHostnames: string;
  /** Host names of managed records, by name. */
  readonly dnsRecordIndex: string;
  dnsRecord(id: string): string;
  dnsSet(id: string): string;
  /** Sets of a change that is not in sync yet. */
  dnsChange(id: string): string;
  dnsZone(id: string): string;
  /** Ids of change-sets that wait for a zone, by arrival. */
  dnsWaiting(zoneId: string): string;
  requestSlots(service: string): string;
  /** Claimant → its turn. */
  requestTickets(service: string): string;
  /** Requests under way or just ended. */
  requestPlaces(service: string): string;
  /** Services that have told their status, by when they were heard of last. */
  readonly statuses: string;
  /** A service: its latest status, and how its forwarding stands. */
  status(service: string): string;
  /** What waits to be forwarded of a service, in the order of acceptance. */
  statusWaiting(service: string): string;
  /** That an update was accepted that may come again. */
  statusAccepted(id: string): string;
  /** Instance id → when its termination protection was looked up, and whether it has it. */
  readonly protectedInstances: string;
  /** Process id → what it said of itself last. */
  readonly processes: string;
  /** What a living process has counted. */
  processFigures(id: string): string;
  /** What the keys of all tasks' records begin with; `TASK_KEYS_LUA` makes whole names of it. */
  readonly taskRecords: string;
  task(task: string, id: string): string;
  taskLog(task: string, id: string): string;
  /** What the keys of all indexes of tasks begin with; `TASK_KEYS_LUA` makes whole names of it. */
  readonly taskIndexes: string;
  /** Of one kind of task: what is claimed → id of the task that has it. */
  taskClaims(task: string): string;
  /** Settled tasks of all kinds, `<task>:<id>`, by when they are not kept any more. */
  readonly tasksExpiring: string;
  /** Cancelled tasks of all kinds, `<task>:<id>`, whose job may still wait for its time. */
  readonly tasksToWake: string;
  /** A ticket by its hash → the name of the token that it was made with. */
  ticket(hash: string): string;
  /** Names of accounts for CouchDB clusters, by name. */
  readonly accounts: string;
  account(username: string): string;
  /** Tags of an account's clusters. */
  accountClusters(username: string): string;
  /** An operation on a CouchDB cluster, or a question about some. */
  couchdbOperation(id: string): string;
  /** Ids of operations that wait for a CouchDB cluster, in the order of acceptance. */
  couchdbWaiting(cluster: string): string;
  /** Id of the operation that was asked for last of a CouchDB cluster. */
  couchdbLast(cluster: string): string;
  /** The ring of a CouchDB cluster as it was seen last. */
  couchdbRing(cluster: string): string;
}

/**
 * Names of tasks' keys for scripts that go through records and indexes. An index is of one kind of task and field:
 * `is`, ids with one value; `order`, ids by number or time; `column`, id → what to sort by, a number or `t<text>`.
 */
export const TASK_KEYS_LUA = `
local function recordKey(records, task, id) return records .. ':' .. task .. ':' .. id end
local function logKey(records, task, id) return recordKey(records, task, id) .. ':log' end
local function indexKey(indexes, task, kind, field, value)
  local key = indexes .. ':' .. task .. ':' .. kind .. ':' .. field
  if value then return key .. ':' .. value end
  return key
end
`;

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
    stacks: `${prefix}:cache:stacks`,
    zones: `${prefix}:cache:zones`,
    dnsHostnames: `${prefix}:dns-hostnames`,
    dnsRecordIndex: `${prefix}:dns-records`,
    dnsRecord: (id) => `${prefix}:dns-record:${id}`,
    dnsSet: (id) => `${prefix}:dns-set:${id}`,
    dnsChange: (id) => `${prefix}:dns-change:${id}`,
    dnsZone: (id) => `${prefix}:dns-zone:${id}`,
    dnsWaiting: (zoneId) => `${prefix}:dns-zone:${zoneId}:waiting`,
    requestSlots: (service) => `${prefix}:request-slots:${service}`,
    requestTickets: (service) => `${prefix}:request-slots:${service}:tickets`,
    requestPlaces: (service) => `${prefix}:request-slots:${service}:places`,
    statuses: `${prefix}:statuses`,
    status: (service) => `${prefix}:status:${service}`,
    statusWaiting: (service) => `${prefix}:status-waiting:${service}`,
    statusAccepted: (id) => `${prefix}:status-accepted:${id}`,
    protectedInstances: `${prefix}:cache:instances:protected`,
    processes: `${prefix}:processes`,
    processFigures: (id) => `${prefix}:process-figures:${id}`,
    taskRecords: `${prefix}:task`,
    task: (task, id) => `${prefix}:task:${task}:${id}`,
    taskLog: (task, id) => `${prefix}:task:${task}:${id}:log`,
    taskIndexes: `${prefix}:tasks`,
    taskClaims: (task) => `${prefix}:task-claims:${task}`,
    tasksExpiring: `${prefix}:tasks-expiring`,
    tasksToWake: `${prefix}:tasks-to-wake`,
    ticket: (hash) => `${prefix}:ticket:${hash}`,
    accounts: `${prefix}:accounts`,
    account: (username) => `${prefix}:account:${username}`,
    accountClusters: (username) => `${prefix}:account-clusters:${username}`,
    couchdbOperation: (id) => `${prefix}:couchdb-operation:${id}`,
    couchdbWaiting: (cluster) => `${prefix}:couchdb-waiting:${cluster}`,
    couchdbLast: (cluster) => `${prefix}:couchdb-last:${cluster}`,
    couchdbRing: (cluster) => `${prefix}:couchdb-ring:${cluster}`,
  };
}
