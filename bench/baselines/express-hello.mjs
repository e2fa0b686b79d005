// An Express hello.
import express from 'express';
import { environment } from '../environment.mjs';

const { host, port } = environment();
const app = express();
app.disable('x-powered-by');
app.get('/', (_request, response) => response.json({ hello: 'world' }));
app.listen(port, host);
