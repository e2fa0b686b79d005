import { readMaxItems, writeChangeInfo, type Action } from './action.js';
import { readChangeBatch } from './change-batch.js';
import { invalidInput } from './errors.js';
import { RECORD_TYPES, type RecordSet } from './model.js';
import { BadName, parseName, sortKey } from './names.js';
import { comparePlaces, placeOf, sortedSets, type Place } from './shown.js';
import { branch, leaf, writeResponse } from './xml.js';

const PAGE = 300;

/** API_ListResourceRecordSets. Shows changes that are still PENDING too. */
export const listResourceRecordSets: Action = {
  query: ['name', 'type', 'identifier', 'maxitems'],
  run({ account, id, query }) {
    const zone = account.zone(id);
    const size = readMaxItems(query, PAGE);
    const from = readStart(query);
    const sets = sortedSets(zone).filter(
      (set) => comparePlaces(placeOf(sortKey(set.name), set.type, set.setIdentifier), from) >= 0,
    );
    const next = sets[size];
    return {
      body: writeResponse(
        'ListResourceRecordSetsResponse',
        branch('ResourceRecordSets', ...sets.slice(0, size).map(writeSet)),
        leaf('IsTruncated', next !== undefined),
        leaf('NextRecordName', next?.name.spelled),
        leaf('NextRecordType', next?.type),
        leaf('NextRecordIdentifier', next?.setIdentifier),
        leaf('MaxItems', size),
      ),
    };
  },
};

/** API_ChangeResourceRecordSets. */
export const changeResourceRecordSets: Action = {
  query: [],
  run({ account, id, body, requestId }) {
    const { changes, comment } = readChangeBatch(body);
    const zone = account.zone(id);
    const change = account.change(zone, changes, { requestId, comment });
    return {
      changed: zone,
      body: writeResponse('ChangeResourceRecordSetsResponse', writeChangeInfo(account, change)),
    };
  },
};

/** API_GetChange. */
export const getChange: Action = {
  query: [],
  run: ({ account, id }) => ({
    body: writeResponse('GetChangeResponse', writeChangeInfo(account, account.findChange(id))),
  }),
};

/** "If you specify Type but not Name, Amazon Route 53 returns the InvalidInput error." */
function readStart(query: ReadonlyMap<string, string>): Place {
  const [name, type, identifier] = [query.get('name'), query.get('type'), query.get('identifier')];
  if (type !== undefined && name === undefined) throw invalidInput('StartRecordType is given without StartRecordName');
  if (identifier !== undefined && type === undefined) {
    throw invalidInput('StartRecordIdentifier is given without StartRecordType');
  }
  if (type !== undefined && !RECORD_TYPES.some((known) => known === type)) {
    throw invalidInput(
      `1 validation error detected: Value '${type}' at 'type' failed to satisfy constraint: Member must satisfy enum ` +
        `value set: [${RECORD_TYPES.join(', ')}]`,
    );
  }
  if (name === undefined) return placeOf('');
  try {
    return placeOf(sortKey(parseName(name)), type, identifier);
  } catch (error) {
    if (error instanceof BadName) throw invalidInput(error.message);
    throw error;
  }
}

function writeSet({ name, type, setIdentifier, weight, ttl, values, alias }: RecordSet): string {
  const records = values.map((value) => branch('ResourceRecord', leaf('Value', value)));
  return branch(
    'ResourceRecordSet',
    leaf('Name', name.spelled),
    leaf('Type', type),
    leaf('SetIdentifier', setIdentifier),
    leaf('Weight', weight),
    leaf('TTL', ttl),
    alias === undefined ? branch('ResourceRecords', ...records) : '',
    alias === undefined
      ? ''
      : branch(
          'AliasTarget',
          leaf('HostedZoneId', alias.hostedZoneId),
          leaf('DNSName', alias.dnsName.endsWith('.') ? alias.dnsName : `${alias.dnsName}.`),
          leaf('EvaluateTargetHealth', alias.evaluateTargetHealth),
        ),
  );
}
