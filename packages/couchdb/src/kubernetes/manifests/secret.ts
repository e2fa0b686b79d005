import type { V1Secret } from '@kubernetes/client-node';
import { randomBytes } from 'node:crypto';
import { CLUSTER_ADMIN, type AdminCredentials } from '../../cluster-host.js';
import { hashCouchPassword } from '../../password.js';
import { objectMeta } from './object-meta.js';
import type { ManifestPlan } from './settings.js';

/** Keys of a cluster's Secret. */
export const SECRET_KEYS = {
  user: 'COUCHDB_USER',
  password: 'COUCHDB_PASSWORD',
  adminUser: 'admin-user',
  adminPassword: 'admin-password',
  ini: 'quartermaster.ini',
} as const;

/** A generated password of 128 bits needs no more rounds, and each request costs them. */
const ITERATIONS = 10;

/** What is made once for a cluster and can't be made again. */
export interface ClusterSecrets {
  readonly admin: AdminCredentials;
  /** `-pbkdf2-…` */
  readonly adminHash: string;
  /** One for all nodes: a session that one began is good with the others, behind the same front Service. */
  readonly cookieSecret: string;
  /** Names checkpoints of replications: it must outlive a container. */
  readonly uuid: string;
}

export function makeClusterSecrets(): ClusterSecrets {
  const password = randomBytes(24).toString('hex');
  return {
    admin: { user: CLUSTER_ADMIN, password },
    adminHash: hashCouchPassword(password, ITERATIONS),
    cookieSecret: randomBytes(24).toString('hex'),
    uuid: randomBytes(16).toString('hex'),
  };
}

/** The account and its hashed password, as the image takes them; ours, for the worker; and what CouchDB is to read. */
export function secret(plan: ManifestPlan, passwordHash: string, secrets: ClusterSecrets): V1Secret {
  const { admin } = secrets;
  const entries = {
    [SECRET_KEYS.user]: plan.wish.owner,
    [SECRET_KEYS.password]: passwordHash,
    [SECRET_KEYS.adminUser]: admin.user,
    [SECRET_KEYS.adminPassword]: admin.password,
    [SECRET_KEYS.ini]: ini(secrets),
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: objectMeta(plan, 'credentials'),
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  };
}

/** Our administrator in a Secret; `undefined` where it has none. */
export function readAdmin(standing: V1Secret): AdminCredentials | undefined {
  const [user, password] = [readEntry(standing, SECRET_KEYS.adminUser), readEntry(standing, SECRET_KEYS.adminPassword)];
  return user === undefined || password === undefined ? undefined : { user, password };
}

/** The account that a Secret is of; `undefined` where it names none. */
export function readUser(standing: V1Secret): string | undefined {
  return readEntry(standing, SECRET_KEYS.user);
}

function readEntry({ data = {} }: V1Secret, key: string): string | undefined {
  const text = Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  return text === '' ? undefined : text;
}

/** `single_node` has CouchDB 3 make its system databases. The secret of sessions has moved with 3.0. */
function ini({ admin, adminHash, cookieSecret, uuid }: ClusterSecrets): string {
  return [
    '[admins]',
    `${admin.user} = ${adminHash}`,
    '',
    '[couchdb]',
    'single_node = true',
    `uuid = ${uuid}`,
    '',
    '[chttpd_auth]',
    `secret = ${cookieSecret}`,
    '',
    '[couch_httpd_auth]',
    `secret = ${cookieSecret}`,
    '',
  ].join('\n');
}
