import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createSilentLogger, type LogFields, type Logger } from '@quartermaster/foundation';
import Joi from 'joi';
import { builtInTasks } from './built-in.js';
import { defineTask, type AnyTask } from './define-task.js';
import { createTaskRegistry, type TaskRegistry } from './registry.js';

let folder: string;
let errors: LogFields[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quartermaster-tasks-'));
  errors = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A file of the folder of tasks. */
function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A folder outside the repository does not find joi by itself in Jest, whose `require` is not Node's. */
const JOI = `const Joi = require(${JSON.stringify(require.resolve('joi'))});`;
const definition = (name: string, more = ''): string =>
  `{ name: '${name}', schema: Joi.object({ text: Joi.string() }), run: () => import('./run.js'), ${more} }`;
const plugIn = (name: string, more?: string): string => `${JOI} module.exports = ${definition(name, more)};`;

function load(builtIn: readonly AnyTask[] = builtInTasks): TaskRegistry {
  const log: Logger = { ...createSilentLogger(), error: (_message, fields) => void errors.push(fields ?? {}) };
  return createTaskRegistry({ builtIn, folder, log });
}

describe('the built-in tasks', () => {
  it('are all there, by their names and aliases', () => {
    const registry = createTaskRegistry({ builtIn: builtInTasks, log: createSilentLogger() });
    expect(registry.names()).toEqual(['echo-steps', 'layer-rolling-restart']);
    expect(registry.find('layer-rolling-restarter')?.name).toBe('layer-rolling-restart');
    expect([registry.find('nothing'), registry.find('constructor')]).toEqual([undefined, undefined]);
    expect(registry.broken()).toEqual([]);
  });
});

describe('a folder of tasks', () => {
  it('adds every task in it, whether it exports the definition itself, as task or as default', () => {
    write('one/index.js', plugIn('one'));
    write('two/index.js', `${JOI} exports.task = ${definition('two', "aliases: ['second']")};`);
    write('three/index.js', `${JOI} exports.default = ${definition('three')};`);
    write('four/package.json', '{"main":"dist/entry.js"}');
    write('four/dist/entry.js', plugIn('four'));
    const registry = load();
    expect(registry.broken()).toEqual([]);
    expect(registry.names()).toEqual(['echo-steps', 'four', 'layer-rolling-restart', 'one', 'three', 'two']);
    expect(registry.find('second')?.name).toBe('two');
    expect(errors).toEqual([]);
  });

  it('follows links, and passes over files, hidden folders and node_modules', () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'quartermaster-linked-'));
    writeFileSync(join(elsewhere, 'index.js'), plugIn('linked'));
    symlinkSync(elsewhere, join(folder, 'linked'));
    write('README.md', '');
    write('.git/index.js', 'throw new Error("loaded")');
    write('node_modules/index.js', 'throw new Error("loaded")');
    expect(load([]).names()).toEqual(['linked']);
    expect(errors).toEqual([]);
    rmSync(elsewhere, { recursive: true });
  });

  it('names each broken one with its reason, in the log too, and none stops another', () => {
    const broken: Record<string, readonly [text: string, reason: RegExp]> = {
      'a-throws': ['throw new Error("no such key\\nand more")', /^no such key$/],
      'b-throws-text': ['throw "just text"', /^it throws just text$/],
      'c-syntax': ['module.exports = {\n  name: oops oops\n}', /^SyntaxError: .*/],
      'd-lacks-module': ["require('no-such-module')", /^Cannot find module 'no-such-module'/],
      'e-exports-nothing': ['', /^it exports no task/],
      'f-bad-name': [plugIn('Bad_Name'), /lower-case words joined by dashes, not "Bad_Name"$/],
      'g-taken': [plugIn('echo-steps'), /^there is a task echo-steps already$/],
      'h-alias-taken': [
        plugIn('h', "aliases: ['layer-rolling-restarter']"),
        /^there is a task layer-rolling-restarter/,
      ],
      'i-bad-alias': [plugIn('i', "aliases: 'x'"), /^its aliases are no list$/],
      'j-no-schema': ["module.exports = { name: 'j', run() {} }", /^its schema is no joi schema/],
      'k-not-object': [`${JOI} module.exports = { name: 'k', schema: Joi.string(), run() {} }`, /not one of an object/],
      'l-reserved': [
        `${JOI} module.exports = { name: 'l', schema: Joi.object({ status: Joi.any() }), run() {} }`,
        /can not be called status:/,
      ],
      'm-reserved-too': [plugIn('m', 'initial: { log: [] }'), /can not be called log:/],
      'n-no-run': [`${JOI} module.exports = { name: 'n', schema: Joi.object() }`, /^its run is no function/],
      'o-no-describe': [plugIn('o', "describe: 'text'"), /^its describe is no function$/],
      'p-no-is-quiet': [plugIn('p', 'isQuiet: true'), /^its isQuiet is no function$/],
    };
    for (const [name, [text]] of Object.entries(broken)) write(`${name}/index.js`, text);
    write('p-empty/readme.txt', '');
    write('q-module/index.mjs', 'export const task = {};');
    write('r-type-module/index.js', 'export const task = {};');
    write('r-type-module/package.json', '{"type":"module"}');
    write('works/index.js', plugIn('works'));

    const registry = load();
    expect(registry.names()).toEqual(['echo-steps', 'layer-rolling-restart', 'works']);
    const reasons = new Map(registry.broken().map(({ name, error }) => [name, error]));
    for (const [name, [, reason]] of Object.entries(broken))
      expect([name, reasons.get(name)]).toEqual([name, expect.stringMatching(reason)]);
    expect(reasons.get('p-empty')).toBe('it has no index.js');
    expect(reasons.get('q-module')).toMatch(/^it is an ES module/);
    expect(reasons.get('r-type-module')).toMatch(/^it is an ES module/);
    expect(errors.map(({ task, reason }) => [task, reason])).toEqual([...reasons]);
    expect(registry.find('a-throws')).toBeUndefined();
  });

  it('knows a schema of another copy of joi', () => {
    write(
      'foreign/index.js',
      `const schema = { describe: () => ({ type: 'object', keys: { a: {} } }), validate: (value) => ({ value }) };
       module.exports = { name: 'foreign', schema, run() {} };`,
    );
    expect(load([]).names()).toEqual(['foreign']);
  });

  it('leaves out whichever of two of one name comes second', () => {
    write('a/index.js', plugIn('same'));
    write('b/index.js', plugIn('same'));
    const registry = load([]);
    expect([registry.names(), registry.broken()]).toEqual([
      ['same'],
      [{ name: 'b', error: 'there is a task same already' }],
    ]);
  });
});

describe('a built-in task', () => {
  it('is checked as well', () => {
    const odd = defineTask({ name: 'odd', schema: Joi.object({ settled: Joi.any() }), run: () => Promise.reject() });
    expect(load([odd]).broken()).toEqual([{ name: 'odd', error: expect.stringContaining('settled') }]);
  });
});

describe('a task outside the repository', () => {
  it("gets the house's joi and classes by require, at loading and at running, and nobody else does", () => {
    write(
      'outside/index.js',
      `const Joi = require('joi');
       const { defineTask } = require('@quartermaster/tasks');
       exports.task = defineTask({
         name: 'outside', schema: Joi.object({ text: Joi.string() }), run: () => import('./run.js'),
       });`,
    );
    write(
      'outside/run.js',
      `const { RetryLater } = require('@quartermaster/tasks');
       exports.run = async () => { throw new RetryLater(5); };`,
    );
    write('bold/index.js', "require('bullmq')");
    const script = `
      const { createTaskRegistry, RetryLater } = require(${JSON.stringify(join(__dirname, '../dist/index.js'))});
      const silent = { info() {}, error() {} };
      const registry = createTaskRegistry({ builtIn: [], folder: ${JSON.stringify(folder)}, log: silent });
      const outside = registry.find('outside');
      outside.run().then(({ run }) => run()).catch((error) => {
        let stranger;
        try { require('module').createRequire('/tmp/x.js')('joi'); } catch ({ code }) { stranger = code; }
        process.stdout.write(JSON.stringify({
          names: registry.names(), broken: registry.broken(), same: error instanceof RetryLater, stranger,
        }));
      });`;
    const output = execFileSync(process.execPath, ['-e', script], { env: {}, cwd: folder });
    expect(JSON.parse(output.toString())).toEqual({
      names: ['outside'],
      broken: [{ name: 'bold', error: expect.stringContaining("Cannot find module 'bullmq'") }],
      same: true,
      stranger: 'MODULE_NOT_FOUND',
    });
  });
});
