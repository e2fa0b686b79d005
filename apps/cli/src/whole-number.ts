/** A number of an option. @throws Error that says what it must be. */
export function wholeNumber(text: string, max = Number.MAX_SAFE_INTEGER, min = 1): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  throw new Error(`must be a whole number, ${range}`);
}
