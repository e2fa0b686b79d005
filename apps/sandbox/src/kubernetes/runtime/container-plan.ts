import { jsonOf, objectsOf, stringsOf, textOf, type Json } from '../json.js';
import type { KubeObject } from '../objects.js';
import type { Admins } from './credentials.js';
import { parseImage, type CouchImage } from './image.js';
import { claimsOf, type Container } from './pod-spec.js';

/** What a container is to run, or why it waits, in the words of Kubernetes. */
export type ContainerPlan =
  | { readonly kind: 'waits'; readonly reason: string; readonly message: string }
  | { readonly kind: 'crashes'; readonly message: string }
  | {
      readonly kind: 'runs';
      readonly image: CouchImage;
      readonly admins: Admins;
      /** Missing: data are kept in memory. */
      readonly data?: { readonly claim: string; readonly subPath: string };
    };

type SecretOf = (name: string) => KubeObject | undefined;

/** Decides what a container of a pod runs, from its image, its environment and its volumes. */
export function planContainer(pod: KubeObject, container: Container, secretOf: SecretOf): ContainerPlan {
  const image = parseImage(container.image);
  if (image === undefined) {
    return { kind: 'waits', reason: 'ErrImagePull', message: `failed to pull image "${container.image}": not found` };
  }
  if (container.hasCommand) {
    const message = 'the sandbox runs CouchDB as its image does, without a command or arguments of its own';
    return { kind: 'waits', reason: 'RunContainerError', message };
  }
  try {
    const env = readEnvironment(container, secretOf);
    const files = readIniFiles(pod, container, image, secretOf);
    return planCouch(container, image, env, files, claimsOf(pod));
  } catch (error) {
    if (!(error instanceof NotConfigured)) throw error;
    return { kind: 'waits', reason: error.reason, message: error.message };
  }
}

class NotConfigured extends Error {
  override readonly name = 'NotConfigured';
  constructor(
    readonly reason: 'CreateContainerConfigError' | 'ContainerCreating',
    message: string,
  ) {
    super(message);
  }
}

interface IniFiles {
  readonly texts: readonly string[];
  /** A volume hides the folder into which the image's start writes the administrator of the environment. */
  readonly hidesLocal: boolean;
}

function planCouch(
  container: Container,
  image: CouchImage,
  env: Readonly<Record<string, string>>,
  { texts, hidesLocal }: IniFiles,
  claims: Readonly<Record<string, string>>,
): ContainerPlan {
  const { COUCHDB_USER: user = '', COUCHDB_PASSWORD: password = '' } = env;
  const named = user !== '' && password !== '';
  if (named && hidesLocal) {
    return { kind: 'crashes', message: 'docker-entrypoint.sh: etc/local.d/docker.ini: Read-only file system' };
  }
  const admins = Object.assign({}, named ? { [user]: password } : {}, ...texts.map(readAdmins)) as Admins;
  if (Object.keys(admins).length === 0 && image.major >= 3) {
    return { kind: 'crashes', message: 'ERROR: CouchDB 3.0+ will no longer run in "Admin Party" mode.' };
  }
  const mount = container.mounts.find(({ path }) => path.replace(/\/+$/, '') === image.dataPath);
  const claim = mount === undefined ? undefined : claims[mount.volume];
  return {
    kind: 'runs',
    image,
    admins,
    ...(mount === undefined || claim === undefined ? {} : { data: { claim, subPath: mount.subPath } }),
  };
}

function readEnvironment(container: Container, secretOf: SecretOf): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const source of container.envFrom) {
    if (source['configMapRef'] !== undefined) throw noConfigMap('CreateContainerConfigError', source['configMapRef']);
    const files = readAllKeys(jsonOf(source['secretRef']), secretOf);
    for (const [key, value] of Object.entries(files)) env[`${textOf(source['prefix'])}${key}`] = value;
  }
  for (const variable of container.env) {
    const name = textOf(variable['name']);
    const from = jsonOf(variable['valueFrom']);
    if (variable['valueFrom'] === undefined) {
      env[name] = textOf(variable['value']);
    } else if (from['secretKeyRef'] !== undefined) {
      const value = readKey(jsonOf(from['secretKeyRef']), secretOf);
      if (value !== undefined) env[name] = value;
    } else if (from['configMapKeyRef'] !== undefined) {
      throw noConfigMap('CreateContainerConfigError', from['configMapKeyRef']);
    }
  }
  return env;
}

/** No ConfigMaps are kept here. */
function noConfigMap(reason: NotConfigured['reason'], reference: unknown): NotConfigured {
  return new NotConfigured(reason, `configmap "${textOf(jsonOf(reference)['name'])}" not found`);
}

function readAllKeys(reference: Json, secretOf: SecretOf): Readonly<Record<string, string>> {
  const name = textOf(reference['name']);
  const secret = secretOf(name);
  if (secret === undefined && reference['optional'] !== true) {
    throw new NotConfigured('CreateContainerConfigError', `secret "${name}" not found`);
  }
  return Object.fromEntries(Object.entries(secret?.data ?? {}).map(([key, value]) => [key, decode(value)]));
}

function readKey(reference: Json, secretOf: SecretOf): string | undefined {
  const name = textOf(reference['name']);
  const key = textOf(reference['key']);
  const secret = secretOf(name);
  const value = secret?.data?.[key];
  if (value !== undefined) return decode(value);
  if (reference['optional'] === true) return undefined;
  const message =
    secret === undefined
      ? `secret "${name}" not found`
      : `couldn't find key ${key} in Secret ${secret.metadata.namespace}/${name}`;
  throw new NotConfigured('CreateContainerConfigError', message);
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

/** The files that Secrets put where CouchDB looks for them. */
function readIniFiles(pod: KubeObject, container: Container, image: CouchImage, secretOf: SecretOf): IniFiles {
  const volumes = objectsOf(pod.spec?.['volumes']);
  const texts = new Map<string, string>();
  let hidesLocal = false;
  for (const volume of volumes) {
    if (volume['configMap'] !== undefined) throw noConfigMap('ContainerCreating', volume['configMap']);
    if (volume['secret'] === undefined) continue;
    const files = readSecretFiles(jsonOf(volume['secret']), secretOf);
    for (const mount of container.mounts.filter((candidate) => candidate.volume === volume['name'])) {
      const path = mount.path.replace(/\/+$/, '');
      if (mount.subPath === '') {
        if (path === image.iniPaths.at(-1)) hidesLocal = true;
        for (const [file, text] of Object.entries(files)) texts.set(`${path}/${file}`, text);
      } else if (files[mount.subPath] !== undefined) {
        texts.set(path, files[mount.subPath] ?? '');
      }
    }
  }
  const read = [...texts].filter(
    ([path]) => /^(.*)\/[^/]+\.ini$/.test(path) && image.iniPaths.includes(folderOf(path)),
  );
  const inOrder = image.iniPaths.flatMap((folder) =>
    read.filter(([path]) => folderOf(path) === folder).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  return { texts: inOrder.map(([, text]) => text), hidesLocal };
}

function readSecretFiles(source: Json, secretOf: SecretOf): Readonly<Record<string, string>> {
  const name = textOf(source['secretName']);
  const secret = secretOf(name);
  if (secret === undefined) {
    if (source['optional'] === true) return {};
    throw new NotConfigured('ContainerCreating', `MountVolume.SetUp failed: secret "${name}" not found`);
  }
  const data = stringsOf(secret.data);
  const items = objectsOf(source['items']);
  if (items.length === 0) return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)]));
  return Object.fromEntries(
    items.map((item) => {
      const key = textOf(item['key']);
      const value = data[key];
      if (value === undefined) {
        throw new NotConfigured(
          'ContainerCreating',
          `MountVolume.SetUp failed: references non-existent secret key: ${key}`,
        );
      }
      return [textOf(item['path']), decode(value)];
    }),
  );
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** The section `[admins]` of a configuration file. */
function readAdmins(ini: string): Admins {
  const admins: Record<string, string> = {};
  let section = '';
  for (const line of ini.split(/\r?\n/).map((raw) => raw.trim())) {
    if (/^\[.*\]$/.test(line)) section = line.slice(1, -1).trim();
    const at = line.indexOf('=');
    if (section !== 'admins' || at < 1 || line.startsWith(';')) continue;
    admins[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return admins;
}
