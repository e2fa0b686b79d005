/**
 * A name as Route 53 answers it, in the house's spelling but for the final dot: lower case, and `\ooo` (octal, three
 * digits) as the character it stands for: `\052.example.com.` → `*.example.com.`
 */
export function unescapeName(name: string): string {
  return name
    .replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .toLowerCase();
}

/** Before (negative), at (0) or after (positive), as Route 53 lists names: by their labels from the right. */
export function compareNames(one: string, other: string): number {
  return compareText(reversed(one).join('.').concat('.'), reversed(other).join('.').concat('.'));
}

/**
 * Whether a list that begins at `start` and goes on at `end` (missing: it is the last page) must have had `name` in it, if
 * it stands in the zone. Route 53's documentation says that the dots count as characters when it sorts (so `a-b` comes
 * before `a`), which others do otherwise: where the two orders differ, and for wildcards (sorted as `*` or as `\052`?),
 * the answer is no.
 */
export function isCovered(name: string, start: string, end: string | undefined): boolean {
  if (name === start) return true;
  if (name.startsWith('*') || start.startsWith('*') || end?.startsWith('*') === true) return false;
  return [compareNames, compareLabels].every(
    (compare) => compare(start, name) <= 0 && (end === undefined || compare(name, end) < 0),
  );
}

function compareLabels(one: string, other: string): number {
  const [ours, theirs] = [reversed(one), reversed(other)];
  const index = ours.findIndex((label, at) => label !== theirs[at]);
  if (index === -1) return ours.length - theirs.length;
  const [our, their] = [ours[index] ?? '', theirs[index]];
  return their === undefined ? 1 : compareText(our, their);
}

function reversed(name: string): string[] {
  return name.split('.').reverse();
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
