import type Joi from 'joi';
import { eventBodySchema, monitorQuerySchema, registerQuerySchema } from './request-schemas';

const problems = (schema: Joi.ObjectSchema, value: unknown): string[] =>
  schema.validate(value, { abortEarly: false }).error?.details.map(({ message }) => message) ?? [];

describe('the query of a registration', () => {
  it('is read from strings: addresses in their one spelling, services once', () => {
    const query = { service: 'api', ip: '[2001:DB8::1]', port: '80', monitor: 'b, a,,b', since: '12' };
    expect(registerQuerySchema.validate(query).value).toEqual({
      service: 'api',
      ip: '2001:db8::1',
      port: 80,
      monitor: ['b', 'a'],
      since: 12,
    });
    expect(registerQuerySchema.validate({ service: 'api', ip: '10.0.0.1', port: '1', since: '' }).value).toEqual({
      service: 'api',
      ip: '10.0.0.1',
      port: 1,
      monitor: [],
    });
  });

  it('has all of its problems named', () => {
    const wrong = { service: 'a/b', ip: '10.0.0', port: '0', monitor: 'a,*', since: '-1' };
    const found = problems(registerQuerySchema, wrong).join('\n');
    expect(found).toMatch(/"service".*\n.*"ip" must be an IPv4 or IPv6 address\n.*"port" must be a port, 1 to 65535/);
    expect(found).toMatch(/"monitor" must be a comma-separated list of services.*not \*/);
    expect(found).toMatch(/"since" must be the id of a message/);
    expect(problems(registerQuerySchema, {})).toHaveLength(3);
    expect(problems(registerQuerySchema, { service: 'a', ip: '10.0.0.1', port: '80x' })).toHaveLength(1);
  });
});

describe('the query of a monitor', () => {
  it('names a service or more', () => {
    expect(monitorQuerySchema.validate({ monitor: 'a' }).value).toEqual({ monitor: ['a'] });
    expect(problems(monitorQuerySchema, { monitor: ' ,' })).toEqual([
      '"monitor" must name a service or more, separated by commas',
    ]);
    expect(problems(monitorQuerySchema, {})).toHaveLength(1);
    const many = Array.from({ length: 101 }, (_, index) => `s${index}`).join(',');
    expect(problems(monitorQuerySchema, { monitor: many })).toEqual(['"monitor" must name 100 services at most']);
  });
});

describe('the body of an event', () => {
  it('goes to services or to everybody', () => {
    const value = { event_type: 't', event_body: '', services: [], broadcast: true };
    expect(eventBodySchema.validate({ event_type: 't', broadcast: 'true' }).value).toEqual(value);
    expect(eventBodySchema.validate({ event_type: 't', services: 'a', event_body: { b: 1 } }).value).toEqual({
      ...value,
      event_body: { b: 1 },
      services: ['a'],
      broadcast: false,
    });
    expect(problems(eventBodySchema, { event_type: 't' })).toEqual([
      'The event is for nobody: name services, or set broadcast to true',
    ]);
    expect(problems(eventBodySchema, { services: ['*'] })).toHaveLength(2);
  });
});
