import { createApi, type Api } from '../api/api.js';
import type { Command, Completion, Given } from '../command.js';
import { accountOf, loadSettings, type Settings } from '../config/settings.js';
import { EXIT, type ExitCode } from '../failures.js';
import type { World } from '../run.js';
import { bashReply, readBashLine } from './bash-line.js';
import { wantedAt, type Candidate, type Wanted } from './candidates.js';

/** A person waits with a finger on the key: a server that takes longer completes nothing. */
const LIMIT_MS = 1500;

/** How a shell takes it up: `nospace` where a candidate is but a beginning (`stack=`), `files` where the shell knows better. */
type Manner = 'words' | 'nospace' | 'files';

type Ask = Exclude<Completion, string | readonly string[]>;

/**
 * `quartermaster complete`, by which the scripts of `completion` ask for what may stand at the cursor:
 * `complete bash <COMP_WORDBREAKS> <line up to the cursor>` and `complete zsh <word>… <word at the cursor>`. Prints a
 * {@link Manner}, then a candidate a line. Whatever goes wrong, there are no candidates: nobody wants a message there.
 */
export async function complete(world: World, commands: readonly Command[], limitMs = LIMIT_MS): Promise<ExitCode> {
  const [shell, ...rest] = world.argv.slice(1);
  const [breaks = '', text = ''] = rest;
  const bash = shell === 'bash' ? readBashLine(text, breaks) : undefined;
  const words = bash === undefined ? rest : bash.words.slice(1);
  const current = words.at(-1) ?? '';
  const wanted = wantedAt(commands, words.slice(0, -1), current);
  const found = await candidatesOf(wanted, current, { world, limitMs });
  // zsh chooses by itself, by rules that its user has set.
  const shown = found.filter(({ value }) => isOneLine(value) && (bash === undefined || value.startsWith(current)));
  const lines = shown.map((one) => (bash === undefined ? zshLine(one) : bashReply(one.value, bash)));
  world.stdout.write([mannerOf(wanted, shown), ...lines, ''].join('\n'));
  return EXIT.done;
}

function mannerOf({ source }: Wanted, shown: readonly Candidate[]): Manner {
  if (source === 'files') return 'files';
  return shown.some(({ value }) => value.endsWith('=')) ? 'nospace' : 'words';
}

async function candidatesOf(
  { candidates, source, prefix, line }: Wanted,
  current: string,
  { world, limitMs }: { readonly world: World; readonly limitMs: number },
): Promise<readonly Candidate[]> {
  if (source === undefined || source === 'files') return candidates;
  const given = { ...line, current: current.slice(prefix.length) };
  const values = typeof source === 'function' ? await ask(source, given, world, limitMs) : source;
  const left =
    line.pending === undefined && prefix === '' ? values.filter((one) => !line.arguments.includes(one)) : values;
  return [...candidates, ...inList(left, given.current).map((value) => ({ value: prefix + value }))];
}

/** Of `api,d` the last part is completed: `api,db`. No value has a comma of its own. */
function inList(values: readonly string[], current: string): readonly string[] {
  const parts = current.split(',').slice(0, -1);
  if (parts.length === 0) return values;
  return values.filter((value) => !parts.includes(value)).map((value) => [...parts, value].join(','));
}

async function ask(source: Ask, given: Given, world: World, limitMs: number): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => (timer = setTimeout(() => resolve([]), limitMs)));
  const answer = async (): Promise<readonly string[]> => {
    const settings = await settingsOf(world, given);
    return source(openApi(world, settings, limitMs), given, accountOf(settings));
  };
  try {
    return await Promise.race([late, answer()]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

/** The server and the account that the line itself names, or those that are set. */
async function settingsOf({ env, home }: World, { options }: Given): Promise<Settings> {
  const { url, 'token-file': tokenFile, account, 'account-token-file': accountTokenFile } = options;
  // `-` is standard input, and that is the terminal which is being typed at.
  const isFile = (file: string | undefined): file is string => file !== undefined && file !== '-';
  const flags = {
    ...(url !== undefined && { url }),
    ...(isFile(tokenFile) && { tokenFile }),
    ...(account !== undefined && { account }),
    ...(isFile(accountTokenFile) && { accountTokenFile }),
  };
  return loadSettings({ flags, env, home, readStdin: () => Promise.resolve('') });
}

function openApi({ signal, version }: World, { url, token }: Settings, limitMs: number): Api {
  if (url === undefined) throw new Error('no server is set');
  return createApi({
    url: url.value,
    ...(token && { token: token.value }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
    userAgent: `quartermaster-cli/${version} node/${process.versions.node}`,
  });
}

/** No control characters: a name from the server must not end the line that carries it, nor draw on the terminal. */
function isOneLine(value: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return value !== '' && !/[\u0000-\u001f\u007f-\u009f]/.test(value);
}

/** As zsh’s `_describe` takes it. */
function zshLine({ value, summary }: Candidate): string {
  const word = value.replace(/[\\:]/g, '\\$&');
  return summary === undefined ? word : `${word}:${summary}`;
}
