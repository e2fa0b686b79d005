import { createRedactor } from './redact.js';
import { createLogger } from './logging.js';

const rsa =
  '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAplantedkeyline1\nplantedkeyline2plantedkeyline2\n-----END RSA PRIVATE KEY-----';

describe('the redactor', () => {
  const redact = createRedactor(['a-planted-token-123', rsa]);

  it('removes known values wherever they stand, also encoded', () => {
    const text = `a-planted-token-123 ${Buffer.from('a-planted-token-123').toString('base64')}`;
    expect(redact(text)).toBe('[redacted] [redacted]');
  });

  it('removes single lines of a multi-line key', () => {
    expect(redact('got plantedkeyline2plantedkeyline2 back')).toBe('got [redacted] back');
  });

  it('removes the password of a URL, Slack tokens, authorization headers and include lines in base64', () => {
    const userData = Buffer.from('#include-once http://x:0123456789abcdef@web/init-scripts/1').toString('base64');
    const text = `http://x:0123456789abcdef@web xoxb-1234567890-abc Bearer abcdefghijkl ${userData}`;
    expect(redact(text)).toBe('http://x:[redacted]@web [redacted] Bearer [redacted] [redacted]');
  });

  it('removes each telling shape where no other is near it, whatever its case', () => {
    expect(redact('BEARER abcdefghijkl')).toBe('BEARER [redacted]');
    expect(redact('Token=abcdefghijkl')).toBe('Token=[redacted]');
    expect(redact('basic abcdefghijkl')).toBe('basic [redacted]');
    expect(redact('//u:p@h')).toBe('//u:[redacted]@h');
    expect(redact('xoxp-12345678')).toBe('[redacted]');
    expect(redact('-----BEGIN PRIVATE KEY-----\nabc')).toBe('[redacted]');
    expect(redact('I2luY2x1ZGUgaHR0cDovLw==')).toBe('[redacted]');
  });

  it('leaves a text without a secret as it is, also without any known value', () => {
    expect(redact({ path: '/instances', ms: 3, at: new Date(0) })).toEqual({
      path: '/instances',
      ms: 3,
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(createRedactor([])('/instances https://web/x')).toBe('/instances https://web/x');
  });

  it('judges a name of a field the same when it comes again, among more names than it remembers', () => {
    const fields = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`field_${index}`, 'x']));
    for (let round = 0; round < 2; round += 1) {
      expect(redact({ password: 'x', ...fields, dsn: 'y' })).toEqual({
        password: '[redacted]',
        ...fields,
        dsn: '[redacted]',
      });
    }
  });

  it('removes what stands in a field of a telling name, at any depth', () => {
    expect(redact({ job: { user_data: 'abc', init_script_secret: 'x', count: 3 } })).toEqual({
      job: { user_data: '[redacted]', init_script_secret: '[redacted]', count: 3 },
    });
  });
});

describe('the logger', () => {
  it('writes JSON lines with the bound fields and nothing secret, errors and their causes included', () => {
    const lines: string[] = [];
    const log = createLogger({
      level: 'info',
      format: 'json',
      process: 'web',
      secrets: ['a-planted-token-123'],
      write: (line) => void lines.push(line),
    });
    log.child({ request_id: 'r1' }).error('It broke', {
      error: new Error('with a-planted-token-123', { cause: new Error('token a-planted-token-123') }),
    });
    log.debug('not written');
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(line).toMatchObject({ level: 'error', process: 'web', message: 'It broke', request_id: 'r1' });
    expect(lines[0]).not.toContain('planted');
  });

  it('redacts its message, and lets no field speak for the level', () => {
    const lines: string[] = [];
    const log = createLogger({
      level: 'debug',
      format: 'json',
      process: 'web',
      secrets: ['a-planted-token-123'],
      write: (line) => void lines.push(line),
    });
    log.debug('of a-planted-token-123', { level: 'fatal' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'debug', message: 'of [redacted]' });
  });

  it('keeps each pretty line one line, and the terminal as it is, whatever was sent', () => {
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const log = createLogger({ level: 'info', format: 'pretty', process: 'web', secrets: [], write });
    log.info('one\ntwo', { sent: 'a\n12:00:00 error forged\u001b[2J\0', list: ['\u009b'] });
    expect(lines[0]?.slice(9)).toMatch(
      /^\S*info\S* one\\ntwo sent=a\\n12:00:00 error forged\\u001b\[2J\\u0000 list=\["\\u009b"\]$/,
    );
    log.error('It broke', { error: new Error('of\n12:00:00 error \u001bforged') });
    const [, ...stack] = (lines[1] ?? '').split('\n');
    expect(stack[0]).toBe('  Error: of');
    expect(stack[1]).toBe('  12:00:00 error \\u001bforged');
    expect(stack.every((line) => line.startsWith('  '))).toBe(true);
  });
});
