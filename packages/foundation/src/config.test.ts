import Joi from 'joi';
import {
  ConfigError,
  durationVariable,
  listVariable,
  loadConfig,
  secretValues,
  secretVariable,
  shownDefault,
} from './config.js';

const variables = {
  PORT: Joi.number().port().default(5000).description('where web listens'),
  KEY: secretVariable(Joi.string().min(16).required()).description('at least 16 characters'),
  TTL: durationVariable('1h'),
  NAMES: listVariable(),
};

describe('loadConfig', () => {
  it('parses, applies defaults and takes an empty value as not set', () => {
    const config = loadConfig(variables, { KEY: 'k'.repeat(16), PORT: '', TTL: '30 m', NAMES: 'a, b,' });
    expect(config).toEqual({ PORT: 5000, KEY: 'k'.repeat(16), TTL: 1_800_000, NAMES: ['a', 'b'] });
  });

  it('names every bad variable at once, and never the value of a secret', () => {
    const read = (): unknown => loadConfig(variables, { KEY: 'short-secret', PORT: 'x', TTL: 'soon' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      /PORT must be a number[\s\S]*KEY must have 16 characters or more[\s\S]*TTL must be a duration/,
    );
    expect(read).not.toThrow(/short-secret/);
  });

  it('takes the password of a secret URL for a secret of its own, as written and as meant, and a lone user too', () => {
    const secretsIn = (url: string): string[] => secretValues(variables, { KEY: url });
    expect(secretsIn('redis://quartermaster:pass%20word+1@db:6379/0')).toEqual([
      'redis://quartermaster:pass%20word+1@db:6379/0',
      'pass%20word+1',
      'pass word+1',
    ]);
    expect(secretsIn('https://0123456789abcdef@sentry.io/1')).toContain('0123456789abcdef');
  });

  it('knows its secrets and the defaults that documents show', () => {
    expect(secretValues(variables, { KEY: 'k'.repeat(16), PORT: 5000 })).toEqual(['k'.repeat(16)]);
    expect([shownDefault(variables.PORT), shownDefault(variables.TTL), shownDefault(variables.KEY)]).toEqual([
      '5000',
      '1h',
      undefined,
    ]);
  });
});
