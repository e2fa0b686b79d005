import type { Api, Query } from '../../api/api.js';
import { ApiFailure } from '../../api/api-failure.js';
import { noteCacheAge, type CacheWords } from '../../api/cache-age.js';
import type { Overview } from '../../api/overview.js';
import type { Given, Option } from '../../command.js';
import { PROGRAM, type Context } from '../../context.js';

export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly instance_type: string;
  readonly image_id: string;
  readonly ip: string;
  readonly private_ip: string;
  readonly launch_time: string;
  readonly state: string;
  readonly queue: string;
  readonly env: string;
  readonly site: string;
  readonly role: string;
  readonly managed: boolean;
}

export interface Instances {
  readonly instances: readonly Instance[];
}

export interface Image {
  readonly ami: string;
  readonly active: boolean;
  readonly role: string;
  readonly name: string;
  readonly state: string;
}

export interface Images {
  readonly images: readonly Image[];
}

/** The advice where an instance is unknown. */
export const LISTED = `\`${PROGRAM} instances\` lists those that there are; what is terminated is not among them.`;

const CACHE_WORDS: CacheWords = {
  never: 'EC2 has not been asked yet: this is not all there is',
  old: (age) => `This is what EC2 said ${age} ago, it has not answered since`,
};

/** What the server keeps of EC2; says so where that is old, or was never read. */
export async function loadFromCache<Body>(context: Context, path: string, query: Query = {}): Promise<Body> {
  const { headers, body } = await context.api.request<Body>({ method: 'GET', path, query });
  noteCacheAge(context, headers, CACHE_WORDS);
  return body;
}

/** In which region the workers of a queue work; undefined where that can not be told. */
export async function regionOf(api: Api, queue: string): Promise<string | undefined> {
  let processes: Overview['processes'];
  try {
    ({ processes } = await api.get<Pick<Overview, 'processes'>>('/processes'));
  } catch (error) {
    // It is for a question only. A wrong token or no server would fail what comes next, too.
    if (error instanceof ApiFailure && (error.status === 404 || error.status >= 500)) return undefined;
    throw error;
  }
  const alive = processes.filter(({ alive }) => alive);
  const serving = alive.filter(({ queues }) => queues.includes(queue));
  const regions = (serving.length > 0 ? serving : alive).flatMap(({ region }) => region ?? []);
  return regions.length === 0 ? undefined : [...new Set(regions)].join(' or ');
}

export function inRegion(region: string | undefined): string {
  return region === undefined ? '' : ` in ${region}`;
}

async function loadInstances(api: Api): Promise<readonly Instance[]> {
  return (await api.get<Instances>('/instances')).instances;
}

/** Completes instance ids, without those that stand on the line already. */
export async function instanceIds(api: Api, { arguments: given }: Given): Promise<readonly string[]> {
  return (await loadInstances(api)).map(({ id }) => id).filter((id) => !given.includes(id));
}

type Property = 'site' | 'env' | 'queue' | 'role' | 'instance_type';

/** Completes a property with the values that the fleet has. */
export function valuesOf(property: Property): (api: Api) => Promise<readonly string[]> {
  return async (api) => {
    const values = (await loadInstances(api)).map((instance) => instance[property]);
    return [...new Set(values)].filter((value) => value !== '').toSorted();
  };
}

export async function imageIds(api: Api): Promise<readonly string[]> {
  return (await api.get<Images>('/images')).images.map(({ ami }) => ami);
}

export async function imageRoles(api: Api): Promise<readonly string[]> {
  const roles = (await api.get<Images>('/images')).images.map(({ role }) => role);
  return [...new Set(roles)].filter((role) => role !== '').toSorted();
}

/** The filters of instances and builds. */
export const FLEET_FILTERS: readonly Option[] = [
  { flags: '--site <name>', summary: 'Only those of this site', completion: valuesOf('site') },
  { flags: '--env <name>', summary: 'Only those of this environment', completion: valuesOf('env') },
  { flags: '--queue <name>', summary: 'Only those of this queue', completion: valuesOf('queue') },
  { flags: '--role <name>', summary: 'Only those of this role', completion: valuesOf('role') },
];
