// Ports of loopback.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether a server could listen on this port of 127.0.0.1 now; 0 stands for any port. Returns the port, or undefined. */
async function tryPort(port) {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if (error.code === 'EADDRINUSE' || error.code === 'EACCES') return undefined;
    throw error;
  }
  const taken = server.address().port;
  server.close();
  await once(server, 'close');
  return taken;
}

export async function isPortFree(port) {
  return (await tryPort(port)) !== undefined;
}

/** The preferred port if it is free, otherwise another one. */
export async function findPort(preferred) {
  return (await tryPort(preferred)) ?? (await tryPort(0));
}
