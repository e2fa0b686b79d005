import { showRecord, type RecordSet } from '@quartermaster/dns';
import type { ErrorRecord } from '@quartermaster/foundation';
import type { DnsRecord, DnsRecordStatus } from '@quartermaster/stores';

/** panda-kick's, of requests and answers. */
export const RECORD_TYPE = 'application/vnd.kick.record+json';

/** What of a record an answer is made of. */
export type ShownRecord = Pick<DnsRecord, 'set' | 'status' | 'error' | 'renamed_to'>;

export function recordHref(hostname: string): string {
  return `/record/${encodeURIComponent(hostname)}`;
}

/** A record as the API answers it. */
export function toAnswer({ set, status, error, renamed_to }: ShownRecord): object {
  const { hostname, type, ip_address, port, ttl } = showRecord(set);
  return {
    hostname,
    type,
    ip_address,
    ...(port === undefined ? {} : { port }),
    ttl,
    status,
    ...(status !== 'FAILED' || error === undefined ? {} : { error: showError(error) }),
    ...(renamed_to === undefined ? {} : { renamed_to }),
  };
}

/** Body and headers of an answer with one record. */
export function replyWithRecord(record: ShownRecord): { headers: Record<string, string>; content: string } {
  return { headers: { 'Content-Type': RECORD_TYPE }, content: JSON.stringify(toAnswer(record)) };
}

/** Of a wish that nobody remembers as a record (any more). */
export function shownAs(set: RecordSet, status: DnsRecordStatus): ShownRecord {
  return { set, status };
}

function showError({ code, message }: ErrorRecord): { code: string; message: string } {
  return { code, message };
}
