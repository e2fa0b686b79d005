import { inspect } from 'node:util';
import type { Answer, RequestOptions } from '../harness/api';
import type { Lane } from '../harness/start-system';
import { createRandom, type Random } from '../soak/random';
import { anyText, broken, likely, one, type Schema } from './values';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
}
interface Media {
  readonly schema?: Schema;
}
interface Described {
  readonly parameters: readonly Partial<Parameter>[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: Record<string, Media> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly responses: Readonly<Record<string, { readonly content?: Record<string, Media> }>> };
}

interface Sent {
  readonly path: string;
  readonly options: RequestOptions;
  readonly body: string;
}

/** What requests may name besides what chance makes up. */
interface Known {
  readonly account: FuzzOptions['account'];
  readonly seen: readonly string[];
}

/** What a run has come to. */
export interface Fuzzed {
  readonly requests: number;
  /** Operations that answered with success at least once. */
  readonly succeeded: ReadonlySet<string>;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Connections that broke off once; where a process has died, they do so twice. */
  readonly brokenOff: readonly string[];
  /** What no answer should have been, one line each. */
  readonly findings: readonly string[];
}

export interface FuzzOptions {
  readonly seed: number;
  /** Requests to each operation, or as many rounds as fit into the time. */
  readonly rounds: number;
  readonly until?: number;
  /** Of the account that requests below `/v0` mostly carry. */
  readonly account: { readonly username: string; readonly token: string };
}

/** It would end the process under test. */
const LEFT_OUT = new Set(['delete /']);

/** Sends every operation of `/openapi.json` requests that chance makes, and compares each answer with the document. */
export async function fuzz(lane: Lane, options: FuzzOptions): Promise<Fuzzed> {
  const document = (await lane.api<Document>('/openapi.json')).json();
  const operations = Object.entries(document.paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, described]) => ({ path, method, described })))
    .filter(({ path, method }) => !LEFT_OUT.has(`${method} ${path}`));
  const byStatus: Record<string, number> = {};
  const succeeded = new Set<string>();
  const findings: string[] = [];
  /** Ids that answers have shown: chance finds none by itself. */
  const seen: string[] = [];
  const brokenOff: string[] = [];
  let requests = 0;

  const tryOne = async (round: number, { path, method, described }: (typeof operations)[number]): Promise<void> => {
    const name = `${method} ${path}`;
    const random = createRandom(options.seed, round, name);
    const sent = makeRequest(path, method, described, random, { account: options.account, seen });
    requests += 1;
    const told = `seed ${options.seed}, round ${round}: ${sent.options.method} ${sent.path.slice(0, 200)} ${sent.body.slice(0, 300)}`;
    try {
      const answer = await inTime(askTwice(lane, sent, (cause) => brokenOff.push(`${cause}: ${told}`)));
      const { status } = answer;
      byStatus[status] = (byStatus[status] ?? 0) + 1;
      if (status < 300) {
        succeeded.add(name);
        seen.unshift(...(answer.text.slice(0, 20_000).match(ID) ?? []).slice(0, 3));
        seen.length = Math.min(seen.length, 100);
      }
      const complaint = findFault(document, described, name, status, answer.headers.get('content-type'), answer.text);
      if (complaint !== undefined) findings.push(`${complaint}: ${told}`);
    } catch (error) {
      findings.push(`no answer (${String(error)}): ${told}`);
    }
  };

  // Each operation for itself: those that wait hold up no others.
  const tryAll = async (operation: (typeof operations)[number]): Promise<void> => {
    for (let round = 0; round < options.rounds && Date.now() < (options.until ?? Infinity); round += 1) {
      await tryOne(round, operation);
    }
  };
  await Promise.all(operations.map(tryAll));
  return { requests, succeeded, byStatus, brokenOff, findings };
}

/** Of a build, of a task, of an instance. */
const ID = /\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}|i-[0-9a-f]{8,17})\b/g;
/** Far above what an answer may take. */
const ANSWER_MS = 30_000;

/** Once more where the connection broke off. A process that has died will not answer then either. */
async function askTwice(lane: Lane, sent: Sent, tell: (cause: string) => void): Promise<Answer> {
  try {
    return await lane.api(sent.path, sent.options);
  } catch (error) {
    tell(inspect(error, { depth: 3, breakLength: Infinity }).replace(/\s+at [^\n]*/g, ''));
    return lane.api(sent.path, sent.options);
  }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`none within ${ANSWER_MS} ms`)), ANSWER_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function makeRequest(
  path: string,
  method: string,
  { parameters, requestBody }: Described,
  random: Random,
  known: Known,
): Sent {
  const own = parameters.filter((one): one is Parameter => one.in !== undefined && one.schema !== undefined);
  const fill = (name: string): string => {
    if (name === 'task' && random.chance(0.8)) return 'echo-steps';
    const id = random.chance(0.5) ? one(known.seen, random) : undefined;
    return id ?? (anyText({ type: 'string' }, random) || 'x');
  };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(fill(name)));
  const query = new URLSearchParams();
  for (const parameter of own) {
    if (parameter.in === 'query' && random.chance(0.3)) query.append(parameter.name, anyText(parameter.schema, random));
  }
  if (random.chance(0.1)) query.append(anyText({ type: 'string' }, random), 'x');
  // A kept connection may be closed just as it is used again.
  const headers: Record<string, string> = {
    connection: 'close',
    prefer: random.chance(0.8) ? 'respond-async' : 'wait=1',
  };
  // A log that is followed does not end.
  query.delete('follow');
  const body = requestBody === undefined ? undefined : makeBody(requestBody.content, random, known.account);
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  return {
    path: filled + search,
    options: { method: method.toUpperCase(), headers, ...(body === undefined ? {} : { body }) },
    body: body ?? '',
  };
}

function makeBody(
  content: Readonly<Record<string, Media>>,
  random: Random,
  account: FuzzOptions['account'],
): string | undefined {
  const [type, media]: readonly [string, Media] = one(Object.entries(content), random) ?? ['', {}];
  const schema = media.schema ?? {};
  if (random.chance(0.05)) return one(['', '{', '[]', '"x"', 'null', '\u0000', '{"__proto__":{}}'], random);
  if (random.chance(0.01)) return JSON.stringify({ x: 'x'.repeat(300_000) });
  if (type === 'application/x-www-form-urlencoded') {
    const known = schema.properties?.['username'] !== undefined && random.chance(0.7) ? account : {};
    const form = new URLSearchParams();
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      if (random.chance(0.7)) form.append(name, anyText(field, random));
    }
    for (const [name, value] of Object.entries<string>(known)) form.set(name, value);
    return String(form);
  }
  return JSON.stringify(random.chance(0.6) ? likely(schema, random) : broken(schema, random));
}

/** Why an answer is none that the document promises. */
function findFault(
  document: Document,
  { responses }: Described,
  name: string,
  status: number,
  contentType: string | null,
  text: string,
): string | undefined {
  const described = responses[status];
  if (described === undefined) return `${status} is not described`;
  if (status >= 500 && !isExplained(name, status, text)) return `${status} ${text.slice(0, 200)}`;
  const ref = described.$ref?.split('/').at(-1);
  const { content = {} } = ref === undefined ? described : (document.components.responses[ref] ?? {});
  const type = contentType?.split(';')[0];
  const isTold = type === undefined ? Object.keys(content).length === 0 : content[type] !== undefined;
  return isTold ? undefined : `${status} with ${contentType} is not described`;
}

/** 500 is what `/kaboom` is for; etcd is not there; and a 503 has to say why. */
function isExplained(name: string, status: number, text: string): boolean {
  if (status === 500) return name === 'post /kaboom';
  return status === 503 && EXPLAINED.some((code) => text.includes(code));
}

/** Not configured here, or not done in the time that was given. */
const EXPLAINED = ['etcd-not-configured', 'The clusters could not be read in time', 'too-many'];
