// The private Redis of bin/up: loopback, a port of its own, data kept in a folder of its own.
import { once } from 'node:events';
import { createConnection } from 'node:net';

/** The arguments of a redis-server that keeps its data and its log in its working directory, as production should have it. */
export function redisArguments(port) {
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', '.', '--logfile', 'redis.log'];
  const durability = [
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
    '--maxmemory-policy',
    'noeviction',
  ];
  return [...place, ...durability];
}

/** Whether a Redis on this port of loopback answers and has read its data. */
export async function redisAnswers(port) {
  const socket = createConnection({ port, host: '127.0.0.1' });
  socket.setTimeout(500, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [data] = await once(socket, 'data');
    // While it reads its data it answers -LOADING.
    return data.toString().startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
