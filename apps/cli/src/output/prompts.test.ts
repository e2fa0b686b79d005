import { PassThrough } from 'node:stream';
import { EXIT } from '../failures.js';
import { createPrompts, outputOfQuestions, type Terminal } from './prompts.js';

const stream = (isTTY: boolean): PassThrough & { isTTY: boolean } => Object.assign(new PassThrough(), { isTTY });
const open = (stdin: boolean, stdout: boolean, stderr: boolean): Terminal => ({
  stdin: { isTTY: stdin },
  stdout: stream(stdout),
  stderr: stream(stderr),
});

it('asks whoever types, wherever the output goes', () => {
  const { signal } = new AbortController();
  expect(createPrompts(open(true, false, false), signal).isInteractive).toBe(true);
  expect(createPrompts(open(false, true, true), signal).isInteractive).toBe(false);
});

it('shows questions on standard error, or else on standard output', () => {
  const [both, one] = [open(true, true, true), open(true, true, false)];
  expect(outputOfQuestions(both)).toBe(both.stderr);
  expect(outputOfQuestions(one)).toBe(one.stdout);
});

it('does not take silence for a yes: without any terminal it is wrong usage', () => {
  expect(() => outputOfQuestions(open(true, false, false), '/dev/null/none')).toThrow(
    expect.objectContaining({
      exitCode: EXIT.usage,
      details: expect.objectContaining({ next: expect.stringContaining('--yes') }),
    }),
  );
});
