import { loadConfig } from '@quartermaster/foundation';
import { couchdbVariables, kubernetesSettings, type CouchdbConfig } from './couchdb-variables.js';

const load = (environment: Record<string, string>): CouchdbConfig => loadConfig(couchdbVariables, environment);

it('an empty environment is enough', () => {
  expect(load({})).toEqual({
    COUCHDB_NAMESPACE: 'default',
    SPAWNER_TYPE: 'deployment',
    COUCHDB_IMAGE: 'couchdb:3.5.1',
    COUCHDB_ALLOW_FROM: [],
    COUCHDB_STORAGE: '5Gi',
  });
});

it.each([
  ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['kubernetes.example.com', 'http://kubernetes.example.com'],
  ['https://kubernetes.example.com:6443/', 'https://kubernetes.example.com:6443'],
  ['https://proxy.example.com/clusters/one/', 'https://proxy.example.com/clusters/one'],
  ['[::1]:8080', 'http://[::1]:8080'],
])('KUBERNETES_API_URL %s means %s', (given, meant) => {
  expect(load({ KUBERNETES_API_URL: given }).KUBERNETES_API_URL).toBe(meant);
});

it.each([
  ['KUBERNETES_API_URL', 'https://user:password@host', /must be host:port or an http or https URL, without user/],
  ['KUBERNETES_API_URL', 'ftp://host', /must be host:port or an http/],
  ['KUBERNETES_API_URL', 'http://', /must be host:port or an http/],
  ['COUCHDB_NAMESPACE', 'Not A Namespace', /COUCHDB_NAMESPACE .*a namespace/],
  ['SPAWNER_TYPE', 'daemonset', /SPAWNER_TYPE must be one of .*statefulset/],
  ['COUCHDB_IMAGE', 'couchdb 3', /an image like couchdb/],
  ['COUCHDB_DATA_PATH', 'data', /an absolute path/],
  ['COUCHDB_DATA_PATH', '/data/../etc', /an absolute path/],
  ['COUCHDB_ALLOW_FROM', '10.0.0.0/8,10.0.0.1', /must be a comma list of networks like 10\.0\.0\.0\/8/],
  ['COUCHDB_ALLOW_FROM', '10.0.0.0/33', /must be a comma list of networks/],
  ['COUCHDB_STORAGE', '5 GB', /a size like 5Gi/],
  ['COUCHDB_STORAGE', '0Gi', /a size like 5Gi/],
  ['COUCHDB_STORAGE_CLASS', 'Fast_Disks', /the name of a storage class/],
])('%s=%s is refused by name', (name, value, words) => {
  expect(() => load({ [name]: value })).toThrow(words);
});

it('are handed on as Kubernetes’ adapter takes them', () => {
  const config = load({
    KUBERNETES_API_URL: '127.0.0.1:8080',
    COUCHDB_ALLOW_FROM: '10.0.0.0/8, 2001:db8::/32',
    COUCHDB_DATA_PATH: '/data',
    COUCHDB_STORAGE_CLASS: 'fast',
  });
  expect(kubernetesSettings({ ...config, INSTALL_ID: 'qm' })).toEqual({
    installId: 'qm',
    namespace: 'default',
    image: 'couchdb:3.5.1',
    allowFrom: ['10.0.0.0/8', '2001:db8::/32'],
    storage: '5Gi',
    apiUrl: 'http://127.0.0.1:8080',
    dataPath: '/data',
    storageClass: 'fast',
  });
  expect(kubernetesSettings({ ...load({}), INSTALL_ID: 'qm' })).not.toHaveProperty('apiUrl');
});
