import { startSystem, TOKEN, type Lane, type System } from '../harness/start-system';

let system: System;
let lane: Lane;
beforeAll(async () => {
  system = await startSystem();
  lane = await system.openLane({ start: [] });
});
afterAll(() => system.stop());

const PATHS = ['/openapi.json', '/docs', '/docs/start.js'] as const;

function get(path: string, authorization?: string): Promise<Response> {
  return fetch(lane.webUrl + path, authorization === undefined ? {} : { headers: { authorization } });
}

function basic(password: string): string {
  return `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`;
}

describe('the description of the API', () => {
  it.each(PATHS)('%s takes a token, also as the password of a browser', async (path) => {
    expect((await get(path, `token ${TOKEN}`)).status).toBe(200);
    expect((await get(path, basic(TOKEN))).status).toBe(200);
    expect((await get(path, 'token wrong-token-0123456789')).status).toBe(403);
    for (const answer of [await get(path), await get(path, basic('wrong'))]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/Basic realm=/);
    }
  });

  it('a password opens nothing else', async () => {
    expect((await get('/instances', basic(TOKEN))).status).toBe(403);
    expect((await get('/instances')).headers.get('www-authenticate')).not.toMatch(/Basic/);
  });

  it('the page is made of files of this server only, and allows no others', async () => {
    const page = await get('/docs', basic(TOKEN));
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const html = await page.text();
    expect(html).not.toMatch(/<script(?! src=)|\son\w+=|\sstyle=|https?:/);
    const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(assets).toHaveLength(4);
    for (const asset of assets) {
      const answer = await get(asset, basic(TOKEN));
      expect([asset, answer.status]).toEqual([asset, 200]);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
    expect(await (await get('/docs/start.js', basic(TOKEN))).text()).toContain('validatorUrl: null');
  });

  it('serves no other file', async () => {
    for (const file of ['package.json', 'index.html', '..%2fpackage.json', '%2e%2e%2fpackage.json']) {
      expect((await get(`/docs/${file}`, basic(TOKEN))).status).toBe(404);
    }
  });

  it('holds no secret and tells every route that answers', async () => {
    const text = await (await get('/openapi.json', `token ${TOKEN}`)).text();
    expect(text).not.toContain(TOKEN);
    expect(JSON.parse(text)).toMatchObject({ openapi: '3.0.3', paths: { '/openapi.json': {}, '/docs': {} } });
  });
});
