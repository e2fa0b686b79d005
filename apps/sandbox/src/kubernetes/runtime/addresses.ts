import { createServer, type Server } from 'node:net';

/** Loopback addresses of one sandbox: 127.<its block>.x.y. Linux has all of 127/8 on its loopback interface. */
export interface Addresses {
  /** Takes a block that no other sandbox on this machine has. */
  start(): Promise<void>;
  stop(): void;
  /** One that is not in use; those given back come last. */
  take(): string;
  giveBack(address: string): void;
}

/** Held on the first address of a block by the sandbox that has it; kubelets listen there, so nothing else will. */
const CLAIM_PORT = 10_250;
/** 127.0.0.1, and 127.0.1.1 of Debian, lie below. */
const FIRST_BLOCK = 16;
const LAST_BLOCK = 239;
const PER_BLOCK = 256 * 254;

export function createAddresses(random: () => number = Math.random): Addresses {
  const inUse = new Set<string>();
  const pick = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  let block = pick(FIRST_BLOCK, LAST_BLOCK);
  let next = pick(1, PER_BLOCK);
  let claim: Server | undefined;

  return {
    async start() {
      for (let tries = FIRST_BLOCK; tries <= LAST_BLOCK; tries += 1) {
        const outcome = await listenAt(`127.${block}.0.1`, CLAIM_PORT);
        if (outcome !== 'taken') {
          claim = outcome;
          return;
        }
        block = block === LAST_BLOCK ? FIRST_BLOCK : block + 1;
      }
      throw new Error('Every block of loopback addresses is taken by another sandbox');
    },
    stop() {
      claim?.close();
      claim = undefined;
      inUse.clear();
    },
    take() {
      for (let tries = 0; tries < PER_BLOCK; tries += 1) {
        const address = addressAt(block, next);
        next = (next + 1) % PER_BLOCK;
        if (inUse.has(address)) continue;
        inUse.add(address);
        return address;
      }
      throw new Error('No loopback address is left');
    },
    giveBack: (address) => void inUse.delete(address),
  };
}

/** `127.b.1.1` … `127.b.255.254` in turn; 127.b.0.y is left to the claim. */
function addressAt(block: number, index: number): string {
  return `127.${block}.${1 + (Math.floor(index / 254) % 255)}.${1 + (index % 254)}`;
}

/** Where loopback has one address only (macOS without aliases) no block can be held, and none is needed before a pod is. */
function listenAt(host: string, port: number): Promise<Server | undefined | 'taken'> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE' ? 'taken' : undefined));
    server.listen(port, host, () => {
      server.unref();
      resolve(server);
    });
  });
}
