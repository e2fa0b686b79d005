// Lines of several processes on one output, each with the name of who wrote it.
const COLOURS = { up: 37, redis: 31, sandbox: 33, web: 36, worker: 32, 'mini-worker': 35 };
const WIDTH = Math.max(...Object.keys(COLOURS).map((name) => name.length));

export function createPrefixedOutput(stream, environment) {
  const isColoured = Boolean(stream.isTTY) && !environment.NO_COLOR;
  return (name, line) => {
    const prefix = `${name.padEnd(WIDTH)} |`;
    stream.write(isColoured ? `\u001b[${COLOURS[name] ?? 37}m${prefix}\u001b[0m ${line}\n` : `${prefix} ${line}\n`);
  };
}
