import type { RecordSet, RecordSetPage } from './record.js';
import { compareNames, isCovered } from './zone-names.js';

/**
 * What stands at these names, of every type, with few requests: a page of the zone's list tells of all the names that lie
 * within it. `listPage` is one request each (`DnsPort.listRecordSets`); who gives it sees to the pace.
 */
export async function readStanding(
  names: readonly string[],
  listPage: (from: string) => Promise<RecordSetPage>,
): Promise<RecordSet[]> {
  const found: RecordSet[] = [];
  let open = [...new Set(names)].sort(compareNames);
  for (let [start] = open; start !== undefined; [start] = open) {
    const from = start;
    const { sets, next_name: end } = await listPage(from);
    const seen = new Set(open.filter((name) => isCovered(name, from, end)));
    found.push(...sets.filter(({ name }) => seen.has(name)));
    open = open.filter((name) => !seen.has(name));
  }
  return found;
}
