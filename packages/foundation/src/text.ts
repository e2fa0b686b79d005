/** Half of a surrogate pair without the other: no character, and nothing that UTF-8 or a Lua script can hold. */
const HALF = /\p{Surrogate}/u;
const HALVES = /\p{Surrogate}/gu;
/** An escape in JSON; of a half, which is the only kind of surrogate that `JSON.stringify` escapes. */
const ESCAPES = /\\(?:u(d[89a-f][0-9a-f]{2})|.)/g;
const REPLACEMENT = '\ufffd';

/** Whether a text is made of whole characters. JSON may say otherwise: `"\ud800"`. */
export function isWellFormed(text: string): boolean {
  return !HALF.test(text);
}

/** The text with U+FFFD for every half of a character. */
export function toWellFormed(text: string): string {
  return isWellFormed(text) ? text : text.replace(HALVES, REPLACEMENT);
}

/** The first `most` UTF-16 units of a text at most, well formed, and never the half of a character at its end. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return toWellFormed(text);
  const last = text.charCodeAt(most - 1);
  const isSplit = last >= 0xd800 && last <= 0xdbff;
  return toWellFormed(text.slice(0, isSplit ? most - 1 : most));
}

/** `JSON.stringify` with U+FFFD for every half of a character, in values and names alike. */
export function toWellFormedJson(value: object | string | number | boolean | null): string {
  return JSON.stringify(value).replace(ESCAPES, (escape, half: string | undefined) =>
    half === undefined ? escape : REPLACEMENT,
  );
}

/** A text for one line of a terminal: control characters and line ends are shown as their escapes. */
export function toOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    const known = NAMED_ESCAPES[character];
    return known ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
