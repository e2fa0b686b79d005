import { clampReplicas, parseDatabases, parseTag, randomTag } from '@quartermaster/couchdb';
import { AppError, cutText, type Problem } from '@quartermaster/foundation';

/** kanto's six requests; the fields of each besides `username` and `token`. */
const KANTO_FIELDS = {
  create: ['cluster_tag', 'replicas'],
  delete: ['cluster_tag'],
  scale: ['cluster_tag', 'replicas', 'purge'],
  replicate: ['cluster_tag', 'databases'],
  list: [],
  detail: ['cluster_tag'],
} as const satisfies Record<string, readonly string[]>;

const MEANING = {
  username: "the account's name",
  token: "the account's token",
  cluster_tag: 'the cluster: letters, digits and dashes, cut to 12',
  replicas: 'nodes, 1 to 10',
  purge: '`true`: volumes of the nodes that go are deleted too',
  databases: 'a comma-separated list',
} as const;

/** The fields of a form, and what each means. */
export function describeKantoForm(kind: KantoOperation): Readonly<Record<string, string>> {
  return Object.fromEntries(fieldsOf(kind).map((name) => [name, MEANING[name]]));
}

function fieldsOf(kind: KantoOperation): readonly (keyof typeof MEANING)[] {
  return ['username', 'token', ...KANTO_FIELDS[kind]];
}

export type KantoOperation = keyof typeof KANTO_FIELDS;

/** What a form asks for. */
export type KantoWish =
  | { readonly kind: 'create'; readonly tag: string; readonly replicas: number }
  | { readonly kind: 'delete'; readonly tag: string }
  | { readonly kind: 'scale'; readonly tag: string; readonly replicas: number; readonly purge: boolean }
  | { readonly kind: 'replicate'; readonly tag: string; readonly databases: readonly string[] }
  | { readonly kind: 'list' }
  | { readonly kind: 'detail'; readonly tag: string };

type Form = Readonly<Record<string, string>>;

/** Where nothing can be read: a problem has been noted, and nobody sees this. */
const UNREADABLE = '';
/** Names of unknown fields that are told. */
const MOST_UNKNOWN = 20;

/** Reads a form of kanto's. Throws one `invalid` error with every problem. A cluster without a tag gets one. */
export function parseKantoForm(kind: KantoOperation, form: Form): KantoWish {
  const problems = findUnknown(kind, form);
  const wish = readWish(kind, form, problems);
  if (problems.length > 0) throw new AppError('invalid', 'invalid-form', 'The form is not valid.', { problems });
  return wish;
}

function readWish(kind: KantoOperation, form: Form, problems: Problem[]): KantoWish {
  const attempt = <T>(read: () => T, instead: T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
      problems.push(...(error.problems.length > 0 ? error.problems : [{ detail: error.message }]));
      return instead;
    }
  };
  const readTag = (): string | undefined => attempt(() => parseTag(form['cluster_tag']), UNREADABLE);
  const requireTag = (): string => {
    const tag = readTag();
    if (tag === undefined) problems.push(problemOf('cluster_tag', 'is required, with 4 characters or more'));
    return tag ?? UNREADABLE;
  };

  switch (kind) {
    case 'create':
      return { kind, tag: readTag() ?? randomTag(), replicas: clampReplicas(form['replicas']) ?? 1 };
    case 'scale': {
      const replicas = clampReplicas(form['replicas']);
      if (replicas === undefined) problems.push(problemOf('replicas', 'must be a whole number'));
      const purge = form['purge'] ?? 'false';
      if (purge !== 'true' && purge !== 'false') problems.push(problemOf('purge', 'must be true or false'));
      return { kind, tag: requireTag(), replicas: replicas ?? 1, purge: purge === 'true' };
    }
    case 'replicate':
      return { kind, tag: requireTag(), databases: attempt(() => parseDatabases(form['databases'] ?? ''), []) };
    case 'list':
      return { kind };
    default:
      return { kind, tag: requireTag() };
  }
}

function findUnknown(kind: KantoOperation, form: Form): Problem[] {
  const known: readonly string[] = fieldsOf(kind);
  return Object.keys(form)
    .filter((name) => !known.includes(name))
    .slice(0, MOST_UNKNOWN)
    .map((name) => problemOf(cutText(name.replace(/\p{Cc}/gu, ' '), 80), 'is not a known field'));
}

function problemOf(field: string, complaint: string): Problem {
  return { pointer: `/${field}`, detail: `${field} ${complaint}` };
}
