/** Of one message; a batch of many changes may have many. */
const MAX_WORDS = 1000;

/** A refusal as the SDK throws it; `Messages` is how it reads the API reference's form, which it does not know. */
interface Refusal {
  readonly message?: unknown;
  readonly messages?: unknown;
  readonly Messages?: { readonly Message?: unknown };
}

/**
 * Route 53's own words for a refusal (InvalidChangeBatch), one entry each message. It writes several into one, as Java
 * writes a list: `[Tried to …, Tried to …]` (github.com/aws/aws-sdk-kotlin/issues/1433); the `Messages` of its API
 * reference are read too.
 */
export function refusalWords(error: unknown): string[] {
  const { messages, Messages, message } = (typeof error === 'object' && error !== null ? error : {}) as Refusal;
  const listed = [messages ?? Messages?.Message].flat().filter((one): one is string => typeof one === 'string');
  const words = listed.length > 0 ? listed : splitList(typeof message === 'string' ? message : '');
  return words.map((one) => one.slice(0, MAX_WORDS));
}

function splitList(message: string): string[] {
  const inner = /^\[[\s\S]*\]$/.test(message) ? message.slice(1, -1) : message;
  return inner
    .split(/, (?=Tried to |RRSet |Invalid |Duplicate |The request |FATAL )/)
    .filter((words) => words.trim() !== '');
}
