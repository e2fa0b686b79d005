import { commandOf, familyOf, type Argument, type Command, type Completion, type Option } from '../command.js';
import { namesOf, optionIn, optionsOf, readLine, type TypedLine } from './typed-line.js';

export interface Candidate {
  readonly value: string;
  readonly summary?: string;
}

/** What may stand at the cursor. */
export interface Wanted {
  /** Known without asking anybody. */
  readonly candidates: readonly Candidate[];
  /** Before each value that `source` names: `--stack=`. */
  readonly prefix: string;
  /** Where further values come from. */
  readonly source?: Completion;
  readonly line: TypedLine;
}

/** Decides what may stand in the place of `current`, the word at the cursor, after `before`. */
export function wantedAt(commands: readonly Command[], before: readonly string[], current: string): Wanted {
  const visible = commands.filter(({ isHidden }) => isHidden !== true);
  const [first, ...others] = before;
  if (first === 'help')
    return { ...wantedAt(visible, others, current), candidates: nextWords(visible, others, current), prefix: '' };
  const line = readLine(commands, before);
  const none: Wanted = { candidates: [], prefix: '', line };
  if (line.pending !== undefined) return { ...none, ...valuesOf(line.pending, '') };
  if (!line.isPastOptions && current.startsWith('-')) return { ...none, ...optionAt(line, current) };

  const isCommandOpen = !line.isPastOptions && line.arguments.length === 0;
  const candidates = isCommandOpen ? nextWords(visible, line.path, current) : [];
  const argument = argumentAt(line);
  const source = argument?.completion;
  // Where nothing but options may come they are shown at once.
  const hasOptionsOnly =
    candidates.length === 0 && argument === undefined && current === '' && line.command !== undefined;
  if (hasOptionsOnly && !line.isPastOptions) return { ...none, candidates: optionsLeft(line) };
  return { ...none, candidates, ...(source !== undefined && { source }) };
}

/** The words that lead on to a command: the first ones, or the second ones of a family. */
function nextWords(commands: readonly Command[], path: readonly string[], current: string): readonly Candidate[] {
  const [first] = path;
  if (path.length > 1) return [];
  if (first !== undefined)
    return familyOf(commands, first).map((one) => ({ value: lastWord(one), summary: one.summary }));
  const words = new Map<string, Candidate>();
  for (const command of commands) {
    const [value = '', second] = command.name.split(' ');
    const summary = second === undefined ? command.summary : familySummary(commands, value);
    if (second === undefined || !words.has(value)) words.set(value, { value, summary });
    // Another name is offered to who has begun to type it.
    for (const alias of second === undefined ? (command.aliases ?? []) : [])
      if (current !== '' && alias.startsWith(current)) words.set(alias, { value: alias, summary });
  }
  words.set('help', { value: 'help', summary: 'Show help of a command' });
  return [...words.values()];
}

const lastWord = ({ name }: Command): string => name.split(' ').at(-1) ?? name;

/** What a family is for, from its commands: `create, scale, list`. */
function familySummary(commands: readonly Command[], first: string): string {
  return commandOf(commands, [first])?.summary ?? familyOf(commands, first).map(lastWord).join(', ');
}

function argumentAt({ command, arguments: given }: TypedLine): Argument | undefined {
  const declared = command?.arguments ?? [];
  const last = declared.at(-1);
  return declared[given.length] ?? (last?.isVariadic === true ? last : undefined);
}

/** A word that begins with a dash: an option’s name, or its value after `=` or right behind its letter. */
function optionAt(line: TypedLine, current: string): Pick<Wanted, 'candidates' | 'source' | 'prefix'> {
  const options = optionsOf(line.command);
  const { option, value } = optionIn(options, current);
  if (option !== undefined && value !== undefined && namesOf(option).value !== 'none')
    return valuesOf(option, current.slice(0, current.length - value.length));
  const exact = options.filter((one) => namesOf(one).short === current);
  return {
    prefix: '',
    candidates: [...exact.map(({ summary }) => ({ value: current, summary })), ...optionsLeft(line)],
  };
}

/** The options that are not on the line yet. */
function optionsLeft({ command, options }: TypedLine): readonly Candidate[] {
  return optionsOf(command)
    .filter((one) => one.isList === true || options[namesOf(one).long.slice(2)] === undefined)
    .map((one) => ({ value: namesOf(one).long, summary: one.summary }));
}

function valuesOf(option: Option, prefix: string): Pick<Wanted, 'candidates' | 'source' | 'prefix'> {
  const source = option.choices ?? option.completion;
  return { candidates: [], prefix, ...(source !== undefined && { source }) };
}
