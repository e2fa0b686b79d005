import { parseIncludes } from './user-data.js';

const read = (text: string): (string | undefined)[] => parseIncludes(Buffer.from(text)).map(({ url }) => url.href);

describe('user data', () => {
  it('includes URLs from the line of the header and those after it', () => {
    expect(read('#include-once http://a/1')).toEqual(['http://a/1']);
    expect(read('#include\r\nhttp://a/1\r\n\r\n# no\r\nhttps://b/2\r\n')).toEqual(['http://a/1', 'https://b/2']);
  });

  it('includes nothing where it is something else', () => {
    for (const text of [
      '',
      '#!/bin/sh\ncurl http://a',
      '#included http://a',
      'http://a',
      '#include ftp://a',
      '#include a b',
    ]) {
      expect(read(text)).toEqual([]);
    }
    expect(parseIncludes(Buffer.from([0x1f, 0x8b, 1, 2, 3]))).toEqual([]);
  });

  it('takes the credential out of the URL, and the build out of its path', () => {
    const [include] = parseIncludes(Buffer.from('#include-once https://x:p%40ss@host:8443/init-scripts/4f-1'));
    expect(include).toMatchObject({
      authorization: `Basic ${Buffer.from('x:p@ss').toString('base64')}`,
      buildId: '4f-1',
    });
    expect(include?.url.href).toBe('https://host:8443/init-scripts/4f-1');
  });
});
