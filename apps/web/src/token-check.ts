import { createHmac, randomBytes } from 'node:crypto';
import { AppError } from '@quartermaster/foundation';
import { isTokenOf } from './account-token.js';

/** Whether a token is that of a hash. Throws `unavailable` (`too-many-logins`) where too many want to know. */
export type TokenCheck = (hash: string, token: string) => Promise<boolean>;

export interface TokenCheckOptions {
  readonly verify?: TokenCheck;
  /** Looked at at the same time: the others of the process want its threads and memory too. */
  readonly most?: number;
  /** Others that may wait for that. */
  readonly mostWaiting?: number;
  /** Tokens found right that are remembered. */
  readonly remembered?: number;
}

/** When (s) to come back where too many want to know. */
const RETRY_S = 2;

/**
 * Checks tokens, a few at a time. One that was right is remembered for its very hash, as a digest under a key of this process,
 * so that repeated calls cost nothing and a rotated token is wrong at once.
 */
export function createTokenCheck(options: TokenCheckOptions = {}): TokenCheck {
  const { verify = isTokenOf, most = 2, mostWaiting = 256, remembered = 1000 } = options;
  const secret = randomBytes(32);
  /** Least recently used first. */
  const right = new Set<string>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const remember = (digest: string): void => {
    right.delete(digest);
    right.add(digest);
    const [oldest] = right;
    if (right.size > remembered && oldest !== undefined) right.delete(oldest);
  };
  const takeTurn = async (): Promise<void> => {
    if (running < most) {
      running += 1;
      return;
    }
    if (waiting.length >= mostWaiting) {
      const message = 'Too many requests with new or wrong credentials come at the same time.';
      throw new AppError('unavailable', 'too-many-logins', message, { retryAfterSeconds: RETRY_S });
    }
    await new Promise<void>((resolve) => void waiting.push(resolve));
  };
  const passTurn = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return async (hash, token) => {
    const digest = createHmac('sha256', secret).update(`${hash}\n${token}`).digest('base64');
    if (right.has(digest)) {
      remember(digest);
      return true;
    }
    await takeTurn();
    try {
      const isRight = await verify(hash, token);
      if (isRight) remember(digest);
      return isRight;
    } finally {
      passTurn();
    }
  };
}
