// A bare node:http server that writes the bytes that the product answered: plain, gzip, or 304.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { environment } from '../environment.mjs';

const { host, port, folder } = environment();
const { etag } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'));
const plain = readFileSync(join(folder, 'plain'));
const zipped = readFileSync(join(folder, 'gzip'));
const shared = { 'Content-Type': 'application/json; charset=utf-8', ETag: etag };

createServer((request, response) => {
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { ETag: etag }).end();
  } else if (request.headers['accept-encoding'] === 'gzip') {
    response.writeHead(200, { ...shared, 'Content-Encoding': 'gzip', 'Content-Length': zipped.length }).end(zipped);
  } else {
    response.writeHead(200, { ...shared, 'Content-Length': plain.length }).end(plain);
  }
}).listen(port, host);
