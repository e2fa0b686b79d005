import { code, cutText, escapeMrkdwn, link } from './mrkdwn.js';

describe('mrkdwn', () => {
  it('has nothing to act on in an escaped value', () => {
    expect(escapeMrkdwn('<!channel> & <https://evil|x>\nnext')).toBe(
      '&lt;!channel&gt; &amp; &lt;https://evil|x&gt; next',
    );
    expect(code('a`b` <@U1>')).toBe("`a'b' &lt;@U1&gt;`");
  });

  it('links http addresses only, and no value leaves the link', () => {
    expect(link('https://x/1', 'build 1')).toBe('<https://x/1|build 1>');
    expect(link('https://x/1|y>', 'a|b<c')).toBe('<https://x/1%7Cy&gt;|a/b&lt;c>');
    expect(link('javascript:alert(1)', 'x')).toBe('x');
    expect(link('', 'x')).toBe('x');
  });

  it('is cut to its limit, never in the middle of an escape, a link or a character', () => {
    expect(cutText('x'.repeat(3001))).toBe(`${'x'.repeat(2999)}…`);
    expect(cutText('short')).toBe('short');
    expect(cutText('abc&amp;def', 7)).toBe('abc…');
    expect(cutText('abc <https://x|y> def', 12)).toBe('abc …');
    expect(cutText('abc🚀🚀', 5)).toBe('abc…');
  });
});
