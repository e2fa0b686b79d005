import {
  createDiscoveryClient,
  type DiscoveryClient,
  type Link,
  type Loss,
  type Message,
  type SocketOptions,
} from '@quartermaster/discovery-client';
import type { Context } from '../../context.js';
import { EXIT, Failure } from '../../failures.js';
import { clockOf } from './event-line.js';
import { failureOf, isFinal, wordsOf } from './loss-failure.js';

export interface HeldLink {
  /** The WebSocket's path and query, for messages. */
  readonly path: string;
  open(client: DiscoveryClient, options: SocketOptions): Link;
  onMessage(message: Message): void;
  /** Said when it is open for the first time. */
  readonly greeting: string;
  /** Said when an open connection is lost: what that means meanwhile. */
  readonly meanwhile: string;
  /** What to do where the node was registered anew by somebody else; of registrations. */
  readonly ifReplaced?: string;
}

/**
 * Keeps a link until Ctrl-C, and leaves in order then; true where it was open to the last. A first connection that comes to
 * nothing is not tried again; one that was open and broke is, for ever.
 * @throws Failure of a first connection, of a refusal that will stay one, and of a node that somebody else has registered.
 */
export async function holdLink(context: Context, held: HeldLink, isVerbose: boolean): Promise<boolean> {
  const { settings, api, print, signal } = context;
  const url = `${api.url}${held.path}`;
  const client = createDiscoveryClient({ url: api.url, token: settings.token?.value ?? '' });
  const note = (text: string): void => print.note(print.colors.dim(`${clockOf(context.now())}  ${text}`));
  let isOpen = false;
  let wasOpen = false;
  let isAway = false;

  const lose = (loss: Loss): void => {
    isOpen = false;
    if (!isAway || isVerbose) note(`No connection: ${wordsOf(loss)}. ${held.meanwhile} Trying again.`);
    isAway = true;
  };
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) {
        resolve();
        return;
      }
      held.open(client, {
        onMessage: (message) => held.onMessage(message),
        mayRetry: (loss) => {
          if (!wasOpen || isFinal(loss)) {
            reject(failureOf(loss, url));
            return false;
          }
          lose(loss);
          return true;
        },
        onState: (state) => {
          if (state === 'replaced') reject(replacedFailure(url, held.ifReplaced));
          if (state !== 'open') return;
          note(wasOpen ? 'Connected again.' : held.greeting);
          [isOpen, wasOpen, isAway] = [true, true, false];
        },
      });
    });
    return isOpen;
  } finally {
    await client.close();
  }
}

function replacedFailure(url: string, next: string | undefined): Failure {
  return new Failure(EXIT.failed, 'The same node was registered anew, by another program perhaps: it is theirs now.', {
    request: `GET ${url} → closed with 4001`,
    ...(next !== undefined && { next }),
  });
}
