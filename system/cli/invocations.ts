/**
 * What is typed to try each command: as many words as let it ask the server. A command that is missing here fails a test of
 * faults.test.ts.
 */
export const INVOCATIONS: Readonly<Record<string, string>> = {
  instances: 'instances',
  images: 'images --active',
  build: 'build --site org --env staging --queue docker --instance-type c3.2xlarge --yes',
  builds: 'builds 87ff7a06-8b4f-4a57-9a4a-8c5a7f3c1c52',
  terminate: 'terminate i-0123456789abcdef0 --yes',
  list: 'list -s mobile-app',
  describe: 'describe -s mobile-app -l api',
  tasks: 'tasks',
  do: 'do layer-rolling-restart stack=mobile-app layer=api window=2',
  check: 'check layer-rolling-restart 5b6cb5f4e161b303089da220',
  query: 'query layer-rolling-restart stack=mobile-app limit=1',
  cancel: 'cancel layer-rolling-restart 5b6cb5f4e161b303089da220',
  resume: 'resume layer-rolling-restart 5b6cb5f4e161b303089da220',
  log: 'log layer-rolling-restart 5b6cb5f4e161b303089da220',
  records: 'records',
  'record get': 'record get db.example.com',
  'record set': 'record set db.example.com 10.0.0.7',
  'record rm': 'record rm db.example.com --yes',
  'record rename': 'record rename db.example.com db2.example.com',
  status: 'status',
  'status report': 'status report checkout shop d-42 running',
  services: 'services api',
  'services watch': 'services watch api,web',
  'services leader': 'services leader',
  'services event': 'services event deployed 42 --service api',
  register: 'register api 10.0.0.1 8080',
  'couchdb create': 'couchdb create orders --replicas 2',
  'couchdb scale': 'couchdb scale orders 3',
  'couchdb replicate': 'couchdb replicate orders invoices',
  'couchdb list': 'couchdb list',
  'couchdb detail': 'couchdb detail orders',
  'couchdb delete': 'couchdb delete orders --yes',
  accounts: 'accounts',
  'accounts list': 'accounts list',
  'accounts create': 'accounts create johny',
  'accounts rotate': 'accounts rotate johny',
  'accounts delete': 'accounts delete johny --yes',
  processes: 'processes',
  doctor: 'doctor',
  setup: 'setup',
};

/** They never ask the server, or say nothing where it does not answer. */
export const WITHOUT_SERVER: readonly string[] = ['completion', 'complete'];
