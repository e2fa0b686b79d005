import { timingSafeEqual } from 'node:crypto';
import { AppError } from '@quartermaster/foundation';
import type { Build } from '@quartermaster/stores';
import type { Caller } from './authenticate.js';

/**
 * Whether a build's own credential opens this build. It is dead once the last instance has reported; `isExpired` tells
 * that its time is over, which routes answer each in their way. Throws 403 where it is not this build's, or dead.
 */
export function checkBuildCredential(
  caller: Caller & { kind: 'build' },
  build: Build | undefined,
  now: number,
  /** An instance whose answer was lost repeats its report: that one does nothing, and is let through. */
  repeatedBy?: string,
): { isExpired: boolean } {
  const credential = build?.credential;
  const expected = Buffer.from(credential?.hash ?? '0'.repeat(64), 'hex');
  const matches = timingSafeEqual(expected, Buffer.from(caller.secretHash, 'hex'));
  const isRepeated = repeatedBy !== undefined && Object.hasOwn(build?.reports ?? {}, repeatedBy);
  const isOver =
    build?.state === 'failed' || (build?.state === 'finished' && build.instance_ids.length > 0 && !isRepeated);
  if (credential === undefined || !matches || isOver) {
    throw new AppError(
      'forbidden',
      'unknown-credential',
      'This is not the credential of this build, or its time is over.',
    );
  }
  return { isExpired: now >= credential.expires_at };
}
