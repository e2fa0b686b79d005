import { runCli, serve } from '../../testing/run-cli.js';
import { coloredStatus, type DnsRecord } from '../dns/record.js';
import { statusCommands } from './status.js';

it('shows a status that only a newer server knows', async () => {
  const newer = {
    service: 'orders',
    status: 'draining',
    application_id: 'shop',
    deployment_id: 'd-1',
    timestamp: '2026-11-20T17:17:08.757Z',
    forwarding: { state: 'none', waiting: 0 },
  };
  const server = await serve(() => ({ json: { statuses: [newer], meta: { page: 1, limit: 50, more: false } } }));
  const { code, stdout } = await runCli(statusCommands, ['status'], server);
  await server.close();
  expect([code, stdout]).toEqual([0, expect.stringContaining('draining')]);
  const plain = (text: string | number | null | undefined): string => String(text);
  expect(coloredStatus('LOST' as DnsRecord['status'], { green: plain, yellow: plain, red: plain } as never)).toBe(
    'LOST',
  );
});
