import type { Reader } from '@quartermaster/discovery';
import type { WebSocket } from 'ws';

/** A socket as the feed reads it, from before it is open: what comes until then is kept for it. */
export interface BufferedReader extends Reader {
  open(socket: WebSocket): void;
}

export function createBufferedReader(): BufferedReader {
  let socket: WebSocket | undefined;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let closing: { readonly code: number; readonly reason: string } | undefined;
  return {
    send: (data) => {
      // Text, as JSON is: a Buffer would go out as binary otherwise.
      if (socket !== undefined) return socket.send(data, { binary: false });
      waiting.push(data);
      waitingBytes += data.length;
    },
    unsentBytes: () => socket?.bufferedAmount ?? waitingBytes,
    close: (code, reason) => {
      closing ??= { code, reason };
      socket?.close(closing.code, closing.reason);
    },
    open: (opened) => {
      socket = opened;
      for (const data of waiting) opened.send(data, { binary: false });
      waiting = [];
      if (closing !== undefined) opened.close(closing.code, closing.reason);
    },
  };
}
