import { numberToAddress, parseCidr } from './cidr.js';
import { Ec2Error } from './errors.js';
import type { Subnet } from './model.js';

export interface Addresses {
  /** The next free address of the subnet, held while `isHeld` says so. */
  take(subnet: Subnet, isHeld: () => boolean): string;
  free(subnet: Subnet): number;
  /** How many of `wanted` addresses there are. */
  room(subnet: Subnet, wanted: number): number;
  /** A public address (from the block for benchmarks, RFC 2544, so that nothing real is ever named). */
  takePublic(): string;
}

/** AWS keeps the first four addresses of a subnet and the last. */
const RESERVED_FIRST = 4;
const RESERVED = 5;
const PUBLIC_FIRST = 198 * 2 ** 24 + 18 * 2 ** 16 + 1;

export function createAddresses(): Addresses {
  const subnets = new Map<string, { cursor: number; held: Map<number, () => boolean> }>();
  let publicCount = 0;

  const poolOf = (subnet: Subnet): { cursor: number; held: Map<number, () => boolean> } => {
    const pool = subnets.get(subnet.id) ?? { cursor: 0, held: new Map<number, () => boolean>() };
    subnets.set(subnet.id, pool);
    return pool;
  };
  const sizeOf = (subnet: Subnet): number => (parseCidr(subnet.cidr)?.size ?? RESERVED) - RESERVED;
  const free = (subnet: Subnet): number => {
    const held = [...poolOf(subnet).held.values()].filter((isHeld) => isHeld()).length;
    return sizeOf(subnet) - held;
  };

  return {
    take(subnet, isHeld) {
      const pool = poolOf(subnet);
      const size = sizeOf(subnet);
      for (let tried = 0; tried < size; tried += 1) {
        const offset = (pool.cursor + tried) % size;
        if (pool.held.get(offset)?.() === true) continue;
        pool.cursor = offset + 1;
        pool.held.set(offset, isHeld);
        return numberToAddress((parseCidr(subnet.cidr)?.first ?? 0) + RESERVED_FIRST + offset);
      }
      throw new Ec2Error(
        'InsufficientFreeAddressesInSubnet',
        'The specified subnet does not have enough free addresses to satisfy the request.',
      );
    },
    free,
    room(subnet, wanted) {
      const never = sizeOf(subnet) - poolOf(subnet).held.size;
      return never >= wanted ? wanted : Math.min(wanted, free(subnet));
    },
    takePublic() {
      publicCount += 1;
      return numberToAddress(PUBLIC_FIRST + publicCount);
    },
  };
}
