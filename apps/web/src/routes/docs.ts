import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, cutText } from '@quartermaster/foundation';
import type { Reply, Route } from '../api.js';
import { createDocument, type OpenApiDocument } from '../openapi/document.js';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Quartermaster: the HTTP API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** Without `validatorUrl: null` the page would ask a validator on another host. */
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });
`;

/** Of swagger-ui-dist, by their content type. */
const ASSETS: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css'],
  ['swagger-ui-bundle.js', 'text/javascript'],
  ['favicon-32x32.png', 'image/png'],
]);

/** Nothing from elsewhere, and no script that is not a file of ours; the style sheet has its pictures in it as `data:`. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'private, no-cache',
} as const;

/** `GET /openapi.json`, the description of `routes` and of itself, and `GET /docs`, where people read it. */
export function docsRoutes(routes: readonly Route[], version: string): Route[] {
  let made: OpenApiDocument | undefined;
  const own: Route[] = [
    {
      method: 'get',
      path: '/openapi.json',
      access: 'token-or-password',
      doc: {
        summary: 'This document',
        answers: { 200: 'an OpenAPI 3.0 document' },
      },
      handle: () => Promise.resolve({ status: 200, json: (made ??= createDocument([...routes, ...own], version)) }),
    },
    {
      method: 'get',
      path: '/docs',
      access: 'token-or-password',
      doc: {
        summary: 'Read and try the API in a browser',
        description: 'The browser asks for a user, which can be any, and a password, which is a token.',
        answers: { 200: { says: 'Swagger UI', types: ['text/html'] } },
      },
      handle: () => Promise.resolve(replyWith('text/html', PAGE)),
    },
    {
      method: 'get',
      path: '/docs/:file',
      access: 'token-or-password',
      doc: {
        summary: 'What that page is made of',
        answers: { 200: { says: 'script, style or picture', types: [...ASSETS.values()] } },
      },
      handle: async ({ params: { file = '' } }) => {
        if (file === 'start.js') return replyWith('text/javascript', START);
        const type = ASSETS.get(file);
        if (type === undefined)
          throw new AppError('not-found', 'unknown-path', `There is no /docs/${cutText(file, 60)}.`);
        const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
        return replyWith(type, await readFile(join(folder, file)));
      },
    },
  ];
  return own;
}

function replyWith(type: string, content: string | Buffer): Reply {
  const charset = type.startsWith('text/') ? '; charset=utf-8' : '';
  return { status: 200, headers: { ...HEADERS, 'Content-Type': type + charset }, content };
}
