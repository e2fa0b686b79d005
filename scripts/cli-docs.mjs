// What docs/cli.md says of the commands, from the same table that the program's help and completion come from.

const PROGRAM = 'quartermaster';
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('\n', ' ');
const code = (text) => `\`${text.replaceAll('|', '\\|')}\``;
const table = (titles, rows) =>
  [titles, titles.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
const isShown = ({ isHidden }) => isHidden !== true;

/** `check <task> <id>`; `argumentSyntax` is the program's own word for one argument. */
export function usageOf({ name, arguments: given = [] }, argumentSyntax) {
  return [name, ...given.map(argumentSyntax)].join(' ');
}

/** A table of all commands for each group, in the order in which the groups come. */
export function renderCommands(commands, argumentSyntax) {
  return [...groupsOf(commands)]
    .map(([group, members]) => {
      const rows = members.map((command) => [
        `[${code(usageOf(command, argumentSyntax))}](#${anchorOf(command)})`,
        cell(command.summary),
      ]);
      return `### ${group}\n\n${table(['command', 'does'], rows)}`;
    })
    .join('\n\n');
}

function groupsOf(commands) {
  const groups = new Map();
  for (const command of commands.filter(isShown))
    groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  return groups;
}

/** As GitHub makes it of the heading. */
const anchorOf = ({ name }) => `${PROGRAM}-${name.replaceAll(' ', '-')}`;

export function renderOptions(options) {
  const rows = options.map((option) => [code(option.flags), cell(summaryOf(option))]);
  return table(['option', 'what it is'], rows);
}

function summaryOf({ summary, choices }) {
  return choices === undefined ? summary : `${summary} (one of ${choices.join(', ')})`;
}

/** A section for each command: what it is for, its arguments and options, examples. */
export function renderReference(commands, argumentSyntax) {
  return commands
    .filter(isShown)
    .map((command) => renderCommand(command, argumentSyntax))
    .join('\n\n');
}

function renderCommand(command, argumentSyntax) {
  const { name, aliases = [], summary, description, arguments: given = [], options = [], examples } = command;
  const before = name.split(' ').slice(0, -1);
  const others = aliases.map((alias) => code([PROGRAM, ...before, alias].join(' '))).join(', ');
  const usage = [PROGRAM, usageOf(command, argumentSyntax), '[options]'].join(' ');
  return [
    `### ${PROGRAM} ${name}`,
    `${summary}.${others && ` Also: ${others}.`}`,
    description?.replaceAll('<', '\\<').replace(/`[^`]*`/g, (quoted) => quoted.replaceAll('\\<', '<')),
    `\`\`\`\n${usage}\n\`\`\``,
    given.length > 0 &&
      table(
        ['argument', 'what it is'],
        given.map((one) => [code(argumentSyntax(one)), cell(one.summary)]),
      ),
    options.length > 0 && renderOptions(options),
    `\`\`\`sh\n${examples.map(({ line, does }) => `# ${does}\n${PROGRAM} ${line}`).join('\n\n')}\n\`\`\``,
  ]
    .filter(Boolean)
    .join('\n\n');
}
