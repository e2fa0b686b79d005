import type { Api } from '../../api/api.js';
import type { Given } from '../../command.js';
import { usageFailure } from '../../failures.js';

export interface ServiceNames {
  readonly services: readonly string[];
}

/** Completes services, without those that stand on the line already. */
export async function serviceNames(api: Api, { arguments: given }: Given): Promise<readonly string[]> {
  const { services } = await api.get<ServiceNames>('/etcd/services');
  return services.filter((name) => !given.includes(name));
}

/** Of `a,b` and `c`: each once. @throws Failure (usage) where there is none. */
export function splitNames(words: readonly string[], what: string): readonly string[] {
  const names = words.flatMap((word) => word.split(',')).map((name) => name.trim());
  const given = [...new Set(names.filter((name) => name !== ''))];
  if (given.length === 0) throw usageFailure(`${what} must name services, like api,database.`);
  return given;
}
