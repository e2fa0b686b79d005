import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@quartermaster/testing';
import { CLI_MAIN } from '../harness/cli.js';
import { openTerminal, type Terminal } from '../harness/terminal.js';

/** Names that no shell takes as they are. */
const STACKS = ['Mobile App', 'it’s "$(date)" & `co`! ', 'fe80::1', 'fe80::2', 'legacy', 'new\nline'];

let folder: string;
let server: Server;
let env: Record<string, string>;
let isSlow = false;
const seen: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qm-completion-'));
  mkdirSync(join(folder, 'bin'));
  for (const name of ['quartermaster', 'qm']) {
    const file = join(folder, 'bin', name);
    writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${CLI_MAIN}' "$@"\n`);
    chmodSync(file, 0o755);
  }
  writeFileSync(join(folder, 'my token'), 'unit-test-token-0123456789\n');
  server = createServer((request, response) => {
    const answer = (body: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    seen.push(request.url ?? '');
    if (isSlow) return;
    if (request.url === '/stacks') answer(STACKS.map((Name, i) => ({ Name, StackId: `s-${i}` })));
    else if (request.url === '/stacks/Mobile%20App/layers') answer([{ Name: 'The API', Shortname: 'api' }]);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  env = {
    HOME: folder,
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    PS1: '$ ',
    INPUTRC: '/dev/null',
    QUARTERMASTER_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    QUARTERMASTER_TOKEN: 'unit-test-token-0123456789',
  };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

interface Shell {
  readonly name: string;
  readonly command: string;
  readonly setUp: readonly string[];
}
const ZSH = { command: 'zsh -f -i', setUp: ["PS1='$ '", 'unsetopt prompt_sp', 'autoload -U compinit'] } as const;
const SHELLS: readonly Shell[] = [
  {
    name: 'bash',
    command: 'bash --noprofile --norc -i',
    setUp: ["bind 'set enable-bracketed-paste off'", 'source <(quartermaster completion bash)'],
  },
  {
    name: 'zsh',
    command: ZSH.command,
    setUp: [...ZSH.setUp, 'compinit -D', 'source <(quartermaster completion zsh)'],
  },
];

/** A shell that has taken all of these lines. */
async function openShell({ command, setUp }: Shell): Promise<Terminal> {
  const terminal = openTerminal({ command, env, cwd: folder, columns: 120 });
  await terminal.until('$');
  for (const line of [...setUp, 'echo rea""dy']) terminal.type(`${line}\r`);
  await terminal.until('ready');
  return terminal;
}

/** Types at an empty prompt, presses Tab, types a dot, and waits for the line: the dot shows where the cursor is. */
async function tab(terminal: Terminal, typed: string, expected: string): Promise<void> {
  // Takes the line away, then what stands above it: Ctrl-U, Ctrl-L.
  terminal.type('\u0015\u000c');
  await terminal.until(/^\$$/);
  terminal.type(typed);
  await terminal.until(`$ ${typed}`.trimEnd());
  terminal.press('tab');
  terminal.type('.');
  await terminal.until(`$ ${expected}.`, 10_000);
}

describe.each(SHELLS)('in $name', (shell) => {
  let terminal: Terminal;
  beforeAll(async () => {
    terminal = await openShell(shell);
  });
  afterAll(() => terminal.stop());

  it.each([
    ['a command', 'quartermaster descr', 'quartermaster describe '],
    ['by the short name', 'qm descr', 'qm describe '],
    ['the second word', 'qm record ren', 'qm record rename '],
    ['an option', 'qm list --st', 'qm list --stack '],
    ['a value with a space', 'qm list -s Mob', 'qm list -s Mobile\\ App '],
    ['after =', 'qm list --stack=Mob', 'qm list --stack=Mobile\\ App '],
    ['in double quotes', 'qm list -s "Mob', 'qm list -s "Mobile App" '],
    ['in single quotes', "qm list -s 'Mob", "qm list -s 'Mobile App' "],
    ['after an escaped space', 'qm list -s Mobile\\ A', 'qm list -s Mobile\\ App '],
    ['by what stands before', 'qm list -s Mobile\\ App -l ', 'qm list -s Mobile\\ App -l api '],
    ['with quotes before', 'qm list --stack="Mobile App" -l ', 'qm list --stack="Mobile App" -l api '],
    ['as far as colons', 'qm list -s fe', 'qm list -s fe80::'],
    ['after colons', 'qm list --stack=fe80::1', 'qm list --stack=fe80::1 '],
    ['a file', 'qm list --token-file my', 'qm list --token-file my\\ token '],
    ['a file after =', 'qm list --token-file=my', 'qm list --token-file=my\\ token '],
    ['a fixed list', 'qm completion b', 'qm completion bash '],
    ['no options after --', 'qm list -- --st', 'qm list -- --st'],
    ['nothing without a server', 'qm list --url http://127.0.0.1:1 -s ', 'qm list --url http://127.0.0.1:1 -s '],
    ['nothing for what there is not', 'qm nope x', 'qm nope x'],
  ])('completes %s', async (_what, typed, expected) => tab(terminal, typed, expected));

  it('completes names that a shell would take for commands, so that they arrive', async () => {
    const name = STACKS[1] ?? '';
    await tab(terminal, 'qm list -s it', 'qm list -s it’s\\ \\"\\$\\(date\\)\\"\\ \\&\\ \\`co\\`\\!\\  ');
    seen.length = 0;
    terminal.press('backspace');
    terminal.press('enter');
    await eventually(() => expect(seen).toContain(`/stacks/${encodeURIComponent(name)}/layers`));
  });

  it('puts no space after what is but a beginning', async () => {
    await tab(terminal, 'qm do layer-rolling-restart max_', 'qm do layer-rolling-restart max_failures=');
  });

  it('shows what is possible when Tab is pressed again', async () => {
    await tab(terminal, 'qm rec', 'qm record');
    terminal.press('backspace');
    terminal.press('tab');
    terminal.press('tab');
    await terminal.until(/record +(--? .*\n)?.*records/);
  });

  it('does not wait for a slow server', async () => {
    isSlow = true;
    await tab(terminal, 'qm list -s ', 'qm list -s ');
    isSlow = false;
  });
});

describe('in zsh', () => {
  it('completes by a file in $fpath, and says what each means', async () => {
    const file = 'mkdir f && quartermaster completion zsh >f/_quartermaster';
    const setUp = [...ZSH.setUp, file, 'fpath=($PWD/f $fpath)', 'compinit -D'];
    const terminal = await openShell({ name: 'zsh', command: ZSH.command, setUp });
    await tab(terminal, 'quartermaster descr', 'quartermaster describe ');
    await tab(terminal, 'qm rec', 'qm record');
    terminal.press('backspace');
    terminal.press('tab');
    await terminal.until(/records +-- List the DNS records/);
    await terminal.stop();
  });

  it('says what is missing where its completion is not loaded', async () => {
    const setUp = [...ZSH.setUp, 'source <(quartermaster completion zsh)'];
    const terminal = await openShell({ name: 'zsh', command: ZSH.command, setUp });
    await terminal.until('completion needs "autoload -U compinit && compinit"');
    await terminal.stop();
  });
});
