import { ChangeResourceRecordSetsCommand, type Route53Client } from '@aws-sdk/client-route-53';
import type { Calls, ErrorTable } from '@quartermaster/aws';
import { AppError } from '@quartermaster/foundation';
import type { DnsPort } from '../dns-port.js';
import type { RecordChange } from '../record.js';
import { plainId, toResourceRecordSet, ZONE_NOT_FOUND } from './mapping.js';
import { refusalWords } from './refusal-words.js';

const REFUSED = { kind: 'conflict', code: 'change-refused' } as const;

/** Whatever else Route 53 has against a request (InvalidInput: its schema refuses a value) is against the batch's content. */
const MEANINGS: ErrorTable = {
  NoSuchHostedZone: ZONE_NOT_FOUND,
  PriorRequestNotComplete: { kind: 'unavailable', code: 'prior-request-not-complete' },
  '*': REFUSED,
};

export function createChanges(client: Route53Client, calls: Calls): Pick<DnsPort, 'changeRecordSets'> {
  return {
    changeRecordSets: async (zoneId, changes, guard) => {
      assertSimple(changes);
      const command = new ChangeResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        ChangeBatch: {
          Changes: changes.map(({ action, set }) => ({ Action: action, ResourceRecordSet: toResourceRecordSet(set) })),
        },
      });
      try {
        const { ChangeInfo } = await calls.change(
          'ChangeResourceRecordSets',
          command,
          guard,
          (options) => client.send(command, options),
          MEANINGS,
        );
        const { Id, Status } = ChangeInfo ?? {};
        if (Id === undefined) throw new AppError('unavailable', 'route53-unavailable', 'Route 53 gave half an answer.');
        return { change_id: plainId(Id), status: Status === 'INSYNC' ? 'INSYNC' : 'PENDING' };
      } catch (error) {
        throw withMessages(error);
      }
    },
  };
}

/** An alias without its target would be sent as something else. */
function assertSimple(changes: readonly RecordChange[]): void {
  const special = changes.find(({ set }) => set.is_special);
  if (special !== undefined) throw new Error(`${special.set.name} is a special set, which is never changed`);
}

function withMessages(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== REFUSED.code) return error;
  const words = refusalWords(error.cause);
  if (words.length === 0) return error;
  const problems = words.map((detail) => ({ detail }));
  return new AppError(error.kind, error.code, words.join('; '), { problems, cause: error.cause });
}
