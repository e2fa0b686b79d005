import { AppError } from '@quartermaster/foundation';
import { randomUUID } from 'node:crypto';
import Joi from 'joi';
import type { DnsAccount } from './account.js';
import { assertShape, LARGEST_TTL, LONGEST_NAME, LONGEST_VALUE } from './change-batch.js';
import { InvalidChangeBatch, Route53Error } from './errors.js';
import { ACTIONS, countSets, RECORD_TYPES, type Change, type Zone } from './model.js';
import { BadName, parseName, plainName } from './names.js';
import { showSet, sortedSets, type ShownSet } from './shown.js';

/** What tests and demonstrations may do with zones beside Route 53. Throws `AppError`s. */
export interface DnsControl {
  list(): readonly object[];
  show(id: string): object;
  add(body: unknown): object;
  /** A foreign hand changes a zone: at once, under Route 53's own rules, without a request to it. */
  edit(id: string, body: unknown, requestId: string): object;
}

export function createDnsControl(account: DnsAccount, defaultVpc: () => string): DnsControl {
  return {
    list: () => account.zones().map(showZone),
    show(id) {
      const zone = findZone(account, id);
      return { ...showZone(zone), record_sets: sortedSets(zone).map(showSet) };
    },
    add(body) {
      const given = check(zoneSchema, body, 'zone');
      return asAppError(() => {
        const vpc = { id: given.vpc_id ?? defaultVpc(), region: account.region };
        const zone = account.addZone({
          name: parseName(given.name),
          callerReference: randomUUID(),
          vpc: given.private ? vpc : undefined,
        });
        return showZone(zone);
      });
    },
    edit(id, body, requestId) {
      const zone = findZone(account, id);
      const { changes } = check(editSchema, body, 'edit');
      return asAppError(() => {
        const asked = changes.map(readChange);
        for (const change of asked) assertShape(change);
        const change = account.change(zone, asked, { requestId, foreign: true });
        return { change_id: change.id };
      });
    },
  };
}

function showZone(zone: Zone): object {
  return {
    id: zone.id,
    name: plainName(zone.name.spelled),
    private: zone.vpc !== undefined,
    vpc_id: zone.vpc?.id ?? null,
    record_set_count: countSets(zone),
  };
}

function findZone(account: DnsAccount, id: string): Zone {
  const zone = account.zones().find((candidate) => candidate.id === id);
  if (zone === undefined) throw new AppError('not-found', 'no-such-zone', `There is no zone ${id}.`);
  return zone;
}

type GivenChange = ShownSet & Pick<Change, 'action'> & { readonly type: Change['set']['type'] };

const zoneSchema = Joi.object<{ name: string; private: boolean; vpc_id?: string }>({
  name: Joi.string().max(LONGEST_NAME).required(),
  private: Joi.boolean().strict().default(false),
  vpc_id: Joi.string(),
}).required();

const editSchema = Joi.object<{ changes: readonly GivenChange[] }>({
  changes: Joi.array()
    .items(
      Joi.object({
        action: Joi.string()
          .valid(...ACTIONS)
          .required(),
        name: Joi.string().max(LONGEST_NAME).required(),
        type: Joi.string()
          .valid(...RECORD_TYPES)
          .required(),
        ttl: Joi.number().strict().integer().min(0).max(LARGEST_TTL),
        values: Joi.array().items(Joi.string().max(LONGEST_VALUE)).default([]),
        set_identifier: Joi.string().max(128),
        weight: Joi.number().strict().integer().min(0).max(255),
        alias: Joi.object({
          zone_id: Joi.string().required(),
          name: Joi.string().required(),
          evaluate_target_health: Joi.boolean().strict().default(false),
        }),
      }),
    )
    .min(1)
    .required(),
}).required();

function check<T>(schema: Joi.ObjectSchema<T>, body: unknown, what: string): T {
  const { error, value } = schema.validate(body, { abortEarly: false });
  if (error === undefined) return value;
  const problems = error.details.map(({ message, path }) => ({ detail: message, pointer: `/${path.join('/')}` }));
  throw new AppError('invalid', `invalid-${what}`, `The ${what} is not usable: ${error.message}.`, { problems });
}

function readChange({ action, name, set_identifier: setIdentifier, alias, ...rest }: GivenChange): Change {
  const target = alias && {
    hostedZoneId: alias.zone_id,
    dnsName: alias.name,
    evaluateTargetHealth: alias.evaluate_target_health,
  };
  return {
    action,
    set: { name, ...rest, ...(setIdentifier !== undefined && { setIdentifier }), ...(target && { alias: target }) },
  };
}

function asAppError<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof InvalidChangeBatch) {
      const problems = error.messages.map((detail) => ({ detail }));
      throw new AppError('conflict', 'change-refused', error.message, { problems });
    }
    if (error instanceof Route53Error || error instanceof BadName) {
      throw new AppError('invalid', 'invalid-change', error.message);
    }
    throw error;
  }
}
