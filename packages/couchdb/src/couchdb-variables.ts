import { isCidr, listVariable } from '@quartermaster/foundation';
import Joi from 'joi';
import { SPAWNER_TYPES, type SpawnerType } from './cluster.js';

/** DNS label: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** A quantity of bytes above 0. */
const QUANTITY = /^(?=.*[1-9])\d+(\.\d+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$/;

function cidrList(): Joi.Schema<string[]> {
  return listVariable().custom((value: unknown) => {
    const parts = value as string[];
    if (parts.every(isCidr)) return parts;
    throw new Error('not a list of networks');
  });
}

/** What worker and mini-worker read, that both look at the same clusters. */
export const couchdbVariables = {
  KUBERNETES_API_URL: Joi.string()
    .custom(parseApiUrl)
    .messages({
      'any.custom': '{{#label}} must be host:port or an http or https URL, without user, query and fragment',
    })
    .description(
      'where Kubernetes is (http where no scheme is given); unset: the kubeconfig, then the pod’s own, then 127.0.0.1:8080',
    ),
  COUCHDB_NAMESPACE: Joi.string()
    .pattern(LABEL, 'a namespace: lower-case letters, digits and dashes, 63 at most')
    .default('default')
    .description('the namespace in which CouchDB clusters stand'),
  SPAWNER_TYPE: Joi.string()
    .valid(...SPAWNER_TYPES)
    .default('deployment')
    .description('how nodes of new CouchDB clusters are run: without volumes (deployment), or with one each'),
  COUCHDB_IMAGE: Joi.string()
    .pattern(/^[^\s:/][^\s]*$/, 'an image like couchdb:3.5.1')
    .default('couchdb:3.5.1')
    .description('the image of new nodes of CouchDB clusters'),
  COUCHDB_DATA_PATH: Joi.string()
    .pattern(/^\/(?!.*(^|\/)\.\.(\/|$))[^\s:]+$/, 'an absolute path')
    .description('where that image keeps its data; unset: where the official images do'),
  COUCHDB_ALLOW_FROM: cidrList()
    .messages({ 'any.custom': '{{#label}} must be a comma list of networks like 10.0.0.0/8' })
    .description('networks that reach new CouchDB clusters besides workers; unset: everybody does'),
  COUCHDB_STORAGE: Joi.string()
    .pattern(QUANTITY, 'a size like 5Gi')
    .default('5Gi')
    .description('the size of each volume of new CouchDB nodes'),
  COUCHDB_STORAGE_CLASS: Joi.string()
    .pattern(SUBDOMAIN, 'the name of a storage class')
    .description('the class of those volumes; unset: the standard one'),
};

export interface CouchdbConfig {
  KUBERNETES_API_URL?: string;
  COUCHDB_NAMESPACE: string;
  SPAWNER_TYPE: SpawnerType;
  COUCHDB_IMAGE: string;
  COUCHDB_DATA_PATH?: string;
  COUCHDB_ALLOW_FROM: string[];
  COUCHDB_STORAGE: string;
  COUCHDB_STORAGE_CLASS?: string;
}

/** The variables as `createKubernetesHost` takes them. */
export function kubernetesSettings(config: CouchdbConfig & { INSTALL_ID: string }): {
  installId: string;
  namespace: string;
  image: string;
  allowFrom: readonly string[];
  storage: string;
  apiUrl?: string;
  dataPath?: string;
  storageClass?: string;
} {
  const { KUBERNETES_API_URL: apiUrl, COUCHDB_DATA_PATH: dataPath, COUCHDB_STORAGE_CLASS: storageClass } = config;
  return {
    installId: config.INSTALL_ID,
    namespace: config.COUCHDB_NAMESPACE,
    image: config.COUCHDB_IMAGE,
    allowFrom: config.COUCHDB_ALLOW_FROM,
    storage: config.COUCHDB_STORAGE,
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(dataPath === undefined ? {} : { dataPath }),
    ...(storageClass === undefined ? {} : { storageClass }),
  };
}

function parseApiUrl(text: string): string {
  const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const isUsual = url.protocol === 'http:' || url.protocol === 'https:';
  if (!isUsual || url.username !== '' || url.search !== '' || url.hash !== '') throw new Error('not such a URL');
  return url.href.replace(/\/+$/, '');
}
