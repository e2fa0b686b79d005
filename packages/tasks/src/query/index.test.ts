import Joi from 'joi';
import type { AppError } from '@quartermaster/foundation';
import { defineTask } from '../define-task.js';
import { parseTaskQuery, queryFields } from './index.js';

const task = defineTask<Record<string, unknown>>({
  name: 'restart',
  schema: Joi.object({
    stack: Joi.string().required(),
    layer: Joi.string(),
    window: Joi.alternatives(Joi.number(), Joi.string()),
    anything: Joi.any(),
    plan: Joi.boolean(),
    at: Joi.date(),
    hosts: Joi.array().items(Joi.string()),
    both: Joi.array().items(Joi.string(), Joi.number()),
    deep: Joi.object({ a: Joi.number() }),
    parts: Joi.array().items(Joi.object()),
    either: Joi.alternatives(Joi.number().integer(), Joi.number().max(5)),
  })
    .rename('stackName', 'stack')
    .rename('layerName', 'layer'),
  initial: { totalInstances: 0, done: [], phase: 'begin', ready: false, note: null, map: {} },
  run: () => Promise.reject(new Error('not in this test')),
});

const parse = (search: string): ReturnType<typeof parseTaskQuery> => parseTaskQuery(search, task);
const conditions = (search: string): unknown => parse(search).conditions;
const time = (text: string): number => Date.parse(text);

function problems(search: string): readonly { parameter?: string; detail: string }[] {
  try {
    parse(search);
    return [];
  } catch (error) {
    expect((error as AppError).kind).toBe('invalid');
    return (error as AppError).problems;
  }
}

describe('what can be asked for', () => {
  it('is read from the schema, what the run adds, and what every record has', () => {
    expect(Object.fromEntries(queryFields(task).types)).toEqual({
      stack: 'text',
      layer: 'text',
      window: 'mixed',
      anything: 'mixed',
      plan: 'boolean',
      at: 'date',
      hosts: 'text',
      both: 'mixed',
      either: 'number',
      totalInstances: 'number',
      done: 'mixed',
      phase: 'text',
      ready: 'boolean',
      note: 'mixed',
      _id: 'text',
      status: 'text',
      settled: 'boolean',
      due_at: 'date',
      date_created: 'date',
      date_updated: 'date',
    });
  });
});

describe('a query', () => {
  it('of nothing is the first ten', () => {
    expect(parse('')).toEqual({ conditions: [], sort: [], page: 1, limit: 10 });
  });

  it('as the command line sends it', () => {
    expect(parse('stack=mobile-app&layer=api&sort[date_updated]=desc&limit=1')).toEqual({
      conditions: [
        { kind: 'is', field: 'stack', values: ['mobile-app'] },
        { kind: 'is', field: 'layer', values: ['api'] },
      ],
      sort: [{ field: 'date_updated', descending: true }],
      page: 1,
      limit: 1,
    });
  });

  it.each([
    ['stack=a&stack=b', [{ kind: 'is', field: 'stack', values: ['a', 'b'] }]],
    ['stack[]=a&stack[]=b', [{ kind: 'is', field: 'stack', values: ['a', 'b'] }]],
    ['stack%5B%5D=a', [{ kind: 'is', field: 'stack', values: ['a'] }]],
    ['stackName=my+stack', [{ kind: 'is', field: 'stack', values: ['my stack'] }]],
    ['status=pending&status=Failed', [{ kind: 'is', field: 'status', values: ['PENDING', 'FAILED'] }]],
    ['stack=', [{ kind: 'is', field: 'stack', values: [''] }]],
    ['stack=2', [{ kind: 'is', field: 'stack', values: ['2'] }]],
    ['window=2&window=50%25', [{ kind: 'is', field: 'window', values: ['2', '50%'] }]],
    ['totalInstances=2.0', [{ kind: 'is', field: 'totalInstances', values: [2] }]],
    [
      'plan=true&settled=FALSE',
      [
        { kind: 'is', field: 'plan', values: [true] },
        { kind: 'is', field: 'settled', values: [false] },
      ],
    ],
    [
      'hosts=a&_id=5b6b71dbe30e1f1ae3ff2e07',
      [
        { kind: 'is', field: 'hosts', values: ['a'] },
        { kind: 'is', field: '_id', values: ['5b6b71dbe30e1f1ae3ff2e07'] },
      ],
    ],
    [
      'totalInstances[min]=20&totalInstances[max]=120',
      [{ kind: 'range', field: 'totalInstances', from: 20, through: 120 }],
    ],
    ['totalInstances%5Bmin%5D=-1.5', [{ kind: 'range', field: 'totalInstances', from: -1.5 }]],
    ['window[max]=3', [{ kind: 'range', field: 'window', through: 3 }]],
    [
      'date_created=2026-11',
      [{ kind: 'range', field: 'date_created', from: time('2026-11-01'), below: time('2026-12-01') }],
    ],
    [
      'createdAt=2018-8-6 10',
      [
        {
          kind: 'range',
          field: 'date_created',
          from: time('2018-08-06T10:00:00Z'),
          below: time('2018-08-06T11:00:00Z'),
        },
      ],
    ],
    [
      'at=2026&at=2024',
      [
        {
          kind: 'any',
          of: [
            { kind: 'range', field: 'at', from: time('2026-01-01'), below: time('2027-01-01') },
            { kind: 'range', field: 'at', from: time('2024-01-01'), below: time('2025-01-01') },
          ],
        },
      ],
    ],
    [
      'due_at[min]=2026-11&due_at[max]=2026-12',
      [{ kind: 'range', field: 'due_at', from: time('2026-11-01'), below: time('2027-01-01') }],
    ],
    ['at[max]=2026-11-20T10:35%2B02:00', [{ kind: 'range', field: 'at', below: time('2026-11-20T08:36:00Z') }]],
  ])('%s', (search, expected) => {
    expect(conditions(search)).toEqual(expected);
  });

  it('keeps the order of its sorting, the first of each field', () => {
    expect(parse('sort[layerName]=asc&sort[window]=-1&sort[stack]=1&sort[layer]=desc').sort).toEqual([
      { field: 'layer', descending: false },
      { field: 'window', descending: true },
      { field: 'stack', descending: false },
    ]);
  });

  it.each([
    ['limit=50&page=3', { limit: 50, page: 3 }],
    ['page=1', { limit: 10, page: 1 }],
  ])('%s', (search, expected) => {
    expect(parse(search)).toMatchObject(expected);
  });
});

describe('a query that can not be', () => {
  it.each([
    ['limit=51', 'limit', 'limit must be a whole number from 1 to 50'],
    ['limit=0', 'limit', 'from 1 to 50'],
    ['limit=ten', 'limit', 'whole number'],
    ['limit=1.5', 'limit', 'whole number'],
    ['page=0', 'page', 'from 1'],
    ['page=-1', 'page', 'from 1'],
    ['nonsense=1', 'nonsense', 'nonsense can not be asked for; what can be is'],
    ['deep=1', 'deep', 'totalInstances'],
    ['deep[a]=1', 'deep[a]', 'can not be asked for'],
    ['map=1', 'map', 'can not be asked for'],
    ['stack[not]=1', 'stack[not]', 'stack takes stack=, stack[min]= and stack[max]='],
    ['stack[min][x]=1', 'stack[min][x]', 'can not be asked for'],
    ['=1', '', 'can not be asked for'],
    ['__proto__=1', '__proto__', 'can not be asked for'],
    ['sort=desc', 'sort', 'can not be asked for'],
    ['sort[nonsense]=desc', 'sort[nonsense]', 'nonsense can not be asked for'],
    ['sort[stack]=up', 'sort[stack]', 'asc or desc'],
    ['totalInstances=many', 'totalInstances', 'must be a number'],
    ['totalInstances=', 'totalInstances', 'must be a number'],
    ['totalInstances=0x10', 'totalInstances', 'must be a number'],
    ['totalInstances=1e999', 'totalInstances', 'must be a number'],
    ['totalInstances[min]=few', 'totalInstances[min]', 'must be a number'],
    ['plan=yes', 'plan', 'true or false'],
    ['status=done', 'status', 'status must be one of PENDING, RUNNING, COMPLETED, CANCELLED, FAILED'],
    ['status=', 'status', 'must be one of'],
    ['_id=5', '_id', '_id must be 24 hexadecimal digits'],
    ['_id=5B6B71DBE30E1F1AE3FF2E07', '_id', 'letters small'],
    ['date_created=yesterday', 'date_created', 'must be a date'],
    ['date_created=', 'date_created', 'must be a date'],
    ['date_created[max]=2026-13', 'date_created[max]', 'must be a date'],
    ['stack[min]=a', 'stack[min]', 'neither a number nor a date'],
    ['plan[max]=true', 'plan[max]', 'neither a number nor a date'],
  ])('%s is refused with its parameter', (search, parameter, words) => {
    expect(problems(search)).toEqual([{ parameter, detail: expect.stringContaining(words) as string }]);
  });

  it('has all its problems told at once', () => {
    expect(problems('limit=99&nonsense=1&plan=maybe&date_created[min]=x').map(({ parameter }) => parameter)).toEqual([
      'limit',
      'nonsense',
      'plan',
      'date_created[min]',
    ]);
  });
});
