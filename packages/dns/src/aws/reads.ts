import {
  GetChangeCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ListResourceRecordSetsCommandOutput,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { awsCode, type Calls } from '@quartermaster/aws';
import type { DnsPort } from '../dns-port.js';
import type { RecordSet } from '../record.js';
import { mapRecordSet, mapZone, plainId, plainName, wireName, ZONE_NOT_FOUND } from './mapping.js';

type Reads = Pick<DnsPort, 'listZonePage' | 'listRecordSets' | 'getChange'>;

/** Route 53's largest pages. */
const ZONES_PAGE_SIZE = 100;
const SETS_PAGE_SIZE = 300;

type Page = ListResourceRecordSetsCommandOutput;

export function createReads(client: Route53Client, calls: Calls): Reads {
  const list = (input: ListResourceRecordSetsCommandInput): Promise<Page> =>
    calls.read('ListResourceRecordSets', () => client.send(new ListResourceRecordSetsCommand(input)), {
      NoSuchHostedZone: ZONE_NOT_FOUND,
    });

  /** The page that begins at a name, and further ones while they go on with that same name. */
  const listFrom = async (zoneId: string, name: string): Promise<{ sets: RecordSet[]; next?: string }> => {
    const sets: RecordSet[] = [];
    let input: ListResourceRecordSetsCommandInput = {
      HostedZoneId: zoneId,
      StartRecordName: wireName(name),
      MaxItems: SETS_PAGE_SIZE,
    };
    for (;;) {
      const page = await list(input);
      sets.push(...(page.ResourceRecordSets ?? []).map(mapRecordSet));
      const next = nextName(page);
      if (next !== name) return { sets, ...(next === undefined ? {} : { next }) };
      input = {
        ...input,
        StartRecordName: page.NextRecordName,
        StartRecordType: page.NextRecordType,
        StartRecordIdentifier: page.NextRecordIdentifier,
      };
    }
  };

  return {
    listZonePage: (marker) =>
      calls.read('ListHostedZones', async () => {
        const page = await client.send(new ListHostedZonesCommand({ MaxItems: ZONES_PAGE_SIZE, Marker: marker }));
        const { HostedZones = [], IsTruncated, NextMarker } = page;
        const zones = HostedZones.map(mapZone);
        return IsTruncated === true && NextMarker !== undefined ? { zones, next_marker: NextMarker } : { zones };
      }),

    listRecordSets: async (zoneId, from) => {
      const { sets, next } = await listFrom(zoneId, from);
      if (next === undefined) return { sets };
      // The name that the next page begins with may have begun on this one.
      return { sets: sets.filter(({ name }) => name !== next), next_name: next };
    },

    getChange: (changeId) =>
      calls.read('GetChange', async () => {
        try {
          const { ChangeInfo } = await client.send(new GetChangeCommand({ Id: plainId(changeId) }));
          return ChangeInfo?.Status === 'INSYNC' ? 'INSYNC' : 'PENDING';
        } catch (error) {
          if (awsCode(error) === 'NoSuchChange') return undefined;
          throw error;
        }
      }),
  };
}

function nextName({ IsTruncated, NextRecordName }: Page): string | undefined {
  return IsTruncated === true && NextRecordName !== undefined ? plainName(NextRecordName) : undefined;
}
