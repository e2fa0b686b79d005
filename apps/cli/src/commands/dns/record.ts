import { path, type Api } from '../../api/api.js';
import { adviseOnCode } from '../../api/api-failure.js';
import { PROGRAM, type Context } from '../../context.js';
import { EXIT, Failure } from '../../failures.js';
import type { Colors } from '../../output/printer.js';
import { shellWord } from '../../output/shell-words.js';
import { follow, type WatchOptions } from '../../watch/follow.js';

export const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'TXT', 'SRV'] as const;

/** A record as the API shows it. */
export interface DnsRecord {
  readonly hostname: string;
  readonly type: (typeof RECORD_TYPES)[number];
  /** The value, whatever the type. */
  readonly ip_address: string;
  readonly port?: number;
  readonly ttl: number;
  readonly status: 'PENDING' | 'INSYNC' | 'FAILED';
  readonly error?: { readonly code: string; readonly message: string };
  readonly renamed_to?: string;
}

/** Completes the host names of the first hundred records. */
export async function hostnames(api: Api): Promise<readonly string[]> {
  const { records } = await api.get<{ readonly records: readonly DnsRecord[] }>('/records', { limit: 100 });
  return records.map(({ hostname }) => hostname);
}

export function coloredStatus(status: DnsRecord['status'], { green, yellow, red }: Colors): string {
  const colorOf: Partial<Record<string, Colors['red']>> = { INSYNC: green, PENDING: yellow, FAILED: red };
  // A newer server may know more of them.
  return (colorOf[status] ?? String)(status);
}

export function showRecord({ print }: Context, record: DnsRecord): void {
  const { hostname, type, ip_address, port, ttl, status, error, renamed_to } = record;
  print.fields([
    ['Host name', hostname],
    ['Type', type],
    ['Value', ip_address],
    ['Port', port],
    ['TTL', `${ttl} s`],
    ['Status', coloredStatus(status, print.colors)],
    ['Error', error && `${error.message} (${error.code})`],
    ['Renamed to', renamed_to],
  ]);
}

/** @throws ApiFailure that says where to look for it where there is none. */
export async function loadRecord({ api }: Context, hostname: string): Promise<DnsRecord> {
  const next = `\`${PROGRAM} records\` lists those that were made here; what others have made is never shown.`;
  return adviseOnCode(api.get<DnsRecord>(path`/record/${hostname}`), 'unknown-record', next);
}

/**
 * Looks at a record, under its new name where it is being renamed, until it is INSYNC or FAILED, or no longer what was `set`:
 * then somebody else has changed it.
 */
export async function followRecord(
  context: Context,
  hostname: string,
  options: WatchOptions,
  set?: DnsRecord,
): Promise<DnsRecord> {
  let name = hostname;
  const load = async (): Promise<DnsRecord> => {
    const record = await loadRecord(context, name);
    if (record.renamed_to === undefined) return record;
    name = record.renamed_to;
    return loadRecord(context, name);
  };
  const { state } = await follow<DnsRecord>(
    context,
    {
      what: `record ${hostname}`,
      again: `record get ${shellWord(hostname)} --watch`,
      load,
      progressOf: ({ hostname, type, ip_address, status }) => ({
        done: status === 'PENDING' ? 0 : 1,
        total: 1,
        text: `${hostname} ${type} ${ip_address}: ${status}`,
      }),
      endOf: (record) => {
        if (set !== undefined && !isAlike(record, set)) return 'failed';
        return ({ PENDING: undefined, INSYNC: 'done', FAILED: 'failed' } as const)[record.status];
      },
    },
    options,
  );
  return state;
}

function isAlike(one: DnsRecord, other: DnsRecord): boolean {
  return (['type', 'ip_address', 'port', 'ttl'] as const).every((field) => one[field] === other[field]);
}

/** @throws Failure where a record is not what was set. */
export function failIfChanged(record: DnsRecord, set: DnsRecord): void {
  if (isAlike(record, set)) return;
  const { hostname, type, ip_address, port, ttl, status } = record;
  const value = `${ip_address}${port === undefined ? '' : ` port ${port}`}`;
  throw new Failure(
    EXIT.failed,
    `${hostname} was changed meanwhile: it is ${type} ${value}, TTL ${ttl} s, ${status}.`,
    {
      next: `Somebody else has set it too. Look at it before you set it again: \`${PROGRAM} record get ${shellWord(hostname)}\``,
    },
  );
}

/** @throws Failure with the reason of a record that is FAILED. */
export function failIfFailed({ api }: Context, { hostname, status, error }: DnsRecord): void {
  if (status !== 'FAILED') return;
  throw new Failure(EXIT.failed, `${hostname} is FAILED: ${error?.message ?? 'the reason is not known any more.'}`, {
    request: `GET ${api.url}${path`/record/${hostname}`} → 200 OK, FAILED${error ? ` (${error.code})` : ''}`,
    next: `A former value that stood in the zone still does. Set it again when that is mended, or take it away: \`${PROGRAM} record rm ${shellWord(hostname)}\``,
  });
}
