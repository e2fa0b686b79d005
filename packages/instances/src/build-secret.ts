import { createHash, createHmac } from 'node:crypto';

/**
 * The credential of a build's own instances: HMAC-SHA256 of the build id under `INIT_SCRIPT_KEY`, 64 hex digits.
 * Derived, not drawn: a retry sends EC2 the same bytes, and nobody needs to keep a clear copy.
 */
export function buildSecret(buildId: string, key: string): string {
  return createHmac('sha256', key).update(buildId).digest('hex');
}

/** What is kept of a secret to compare with: SHA-256, 64 hex digits. Enough, as secrets are not guessable words. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
