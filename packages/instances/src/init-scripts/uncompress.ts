import { gunzipSync } from 'node:zlib';
import { AppError } from '@quartermaster/foundation';

/** What a compressed template or value may become, in bytes: far above any real script, far below any harm. */
export const MAX_UNCOMPRESSED_BYTES = 1_000_000;

/** Text that was gzipped and written in base64. Throws `unprocessable` where it is not that, or too large. */
export function uncompress(text: string, maxBytes = MAX_UNCOMPRESSED_BYTES): string {
  try {
    return gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: maxBytes }).toString('utf8');
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new AppError(
      'unprocessable',
      'init-script-template',
      tooLarge ? `the uncompressed text is larger than ${maxBytes} bytes` : 'the text is not gzip in base64',
      { cause: error },
    );
  }
}

/** A template as it was configured: plain, or gzip in base64, which always begins `H4sI` and no script does. */
export function templateText(configured: string): string {
  const dense = configured.replaceAll(/\s+/g, '');
  return /^H4sI[A-Za-z0-9+/]+=*$/.test(dense) ? uncompress(dense) : configured;
}
