import { cutText, isWellFormed, toOneLine, toWellFormed, toWellFormedJson } from './text.js';

describe('a text', () => {
  it('is well formed unless it has half of a character', () => {
    expect(['', 'ä', '😀'].map(isWellFormed)).toEqual([true, true, true]);
    expect(['\ud800', 'a\udc00b', '\ude00\ud83d'].map(isWellFormed)).toEqual([false, false, false]);
    expect(toWellFormed('a\ud800😀\udc00')).toBe('a\ufffd😀\ufffd');
  });

  it('is cut between characters', () => {
    expect([0, 1, 2, 3, 4, 9].map((most) => cutText('a😀b', most))).toEqual(['', 'a', 'a', 'a😀', 'a😀b', 'a😀b']);
    expect(cutText('\ud800', 5)).toBe('\ufffd');
  });

  it('is shown in one line, whatever is in it', () => {
    expect(toOneLine('a\nb\r\t\0\u001b[31m\u009b\u2028ä😀')).toBe('a\\nb\\r\\t\\u0000\\u001b[31m\\u009b\\u2028ä😀');
  });
});

describe('JSON', () => {
  it('has no half of a character, in values and in names, and is otherwise as ever', () => {
    expect(toWellFormedJson({ 'a\ud800': ['\udc00', '\\ud800', '😀', '"\n'] })).toBe(
      '{"a\ufffd":["\ufffd","\\\\ud800","😀","\\"\\n"]}',
    );
  });
});
