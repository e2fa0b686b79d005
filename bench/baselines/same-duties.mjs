// A bare node:http server with the duties of the product's and nothing else: it compares the digest of the token, names
// the request, writes a log line (those of a turn of the event loop in one piece), and asks Redis once a turn, at its end.
// It answers with the bytes that the product has answered.
import { hash, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { environment } from '../environment.mjs';

const { host, port, folder, redisPort, prefix, token } = environment();
const { etag } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'));
const plain = readFileSync(join(folder, 'plain'));
const zipped = readFileSync(join(folder, 'gzip'));
const shared = { 'Content-Type': 'application/json; charset=utf-8', ETag: etag };
const redis = new Redis({ host: '127.0.0.1', port: redisPort });
const digestOf = (text) => hash('sha256', text, 'buffer');
const known = digestOf(token);

let held = '';
function writeLine(line) {
  if (held === '') {
    setImmediate(() => {
      process.stdout.write(held);
      held = '';
    });
  }
  held += `${line}\n`;
}

let asked;
function askOncePerTurn() {
  asked ??= new Promise((resolve, reject) => {
    setImmediate(() => {
      asked = undefined;
      redis.hgetall(`${prefix}:cache:instances:meta`).then(resolve, reject);
    });
  });
  return asked;
}

createServer((request, response) => {
  if (request.url === '/readyz') {
    response.end();
    return;
  }
  const startedAt = performance.now();
  const id = randomUUID();
  const { authorization = '', 'if-none-match': ifNoneMatch, 'accept-encoding': acceptEncoding } = request.headers;
  const isAllowed = timingSafeEqual(known, digestOf(authorization.slice('token '.length)));
  void askOncePerTurn().then(() => {
    const headers = { ...shared, 'X-Request-Id': id };
    if (!isAllowed) response.writeHead(403).end();
    else if (ifNoneMatch === etag) response.writeHead(304, { ETag: etag, 'X-Request-Id': id }).end();
    else if (acceptEncoding === 'gzip') {
      response.writeHead(200, { ...headers, 'Content-Encoding': 'gzip', 'Content-Length': zipped.length }).end(zipped);
    } else response.writeHead(200, { ...headers, 'Content-Length': plain.length }).end(plain);
    const { method, url: path } = request;
    const ms = Math.round(performance.now() - startedAt);
    const line = { time: new Date().toISOString(), level: 'info', process: 'web', message: 'Request', request_id: id };
    writeLine(JSON.stringify({ ...line, method, path, status: response.statusCode, ms, caller: 'default' }));
  });
}).listen(port, host);
