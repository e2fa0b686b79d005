import { defineCommand, type Command } from '../../command.js';
import { completionScript, SHELLS, type Shell } from '../../completion/scripts.js';
import { usageFailure } from '../../failures.js';

const completion = defineCommand<{ shell: string }>({
  name: 'completion',
  group: 'This program',
  summary: 'Print the script that completes commands in bash or zsh',
  description: [
    'bash: put `source <(quartermaster completion bash)` into ~/.bashrc; with macOS’ own bash 3.2 `eval "$(quartermaster completion bash)"`.',
    'zsh: put `source <(quartermaster completion zsh)` into ~/.zshrc, after compinit; or write the script to a file named _quartermaster in a folder of $fpath, which starts quicker.',
    'It completes commands, options, files, and what the server has: stacks, instances, builds, records and so on. A server that is away or slow completes nothing.',
  ].join('\n\n'),
  arguments: [{ name: 'shell', summary: 'bash or zsh', completion: SHELLS }],
  examples: [
    { line: 'completion bash', does: 'the script for bash' },
    { line: 'completion zsh > ~/.zfunc/_quartermaster', does: 'a file in a folder of $fpath, for zsh' },
  ],
  isLocal: true,
  run: async ({ print }, { shell }) => {
    if (!isShell(shell)) throw usageFailure(`There is no completion for ${shell}.`, `Give ${SHELLS.join(' or ')}.`);
    print.line(completionScript(shell).trimEnd());
  },
});

function isShell(text: string): text is Shell {
  return (SHELLS as readonly string[]).includes(text);
}

export const completionCommands: readonly Command[] = [completion];
