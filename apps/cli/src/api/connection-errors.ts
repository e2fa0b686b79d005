/** Codes of Node's sockets and of fetch (undici), in words; https://nodejs.org/api/errors.html#common-system-errors. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'no way to this host',
  ENETUNREACH: 'no way to this network',
  ETIMEDOUT: 'no answer',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  UND_ERR_HEADERS_TIMEOUT: 'no answer',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped in the middle',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed (NODE_EXTRA_CA_CERTS names a file of further authorities)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed (NODE_EXTRA_CA_CERTS names a file of further authorities)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate can not be verified',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: its address may be http://, not https://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: its address may be http://, not https://',
};

/** Before anything was sent: the server can not have had the request. */
const REFUSED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);

/** The code of the innermost cause; fetch wraps it, and a host with several addresses has several. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: readonly unknown[] };
  const inner = codeOf(cause) || codeOf(errors?.[0]);
  return inner || (typeof code === 'string' ? code : '');
}

/** Why there was no answer, in words. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const words = WORDS[code];
  if (words !== undefined) return words;
  if (/^(CERT_|ERR_TLS|ERR_SSL)/.test(code)) return `TLS fails (${code})`;
  if (code.startsWith('HPE_')) return 'what answers there does not speak HTTP';
  if (isBadPort(error)) return 'fetch opens no connection to this port, which is another protocol’s';
  return (causeOf(error) ?? String(error)).replace(/\.$/, '');
}

/** https://fetch.spec.whatwg.org/#port-blocking; it has no code. */
function isBadPort(error: unknown): boolean {
  return causeOf(error) === 'bad port';
}

/** Its words; fetch's own are always `fetch failed`. */
function causeOf(error: unknown): string | undefined {
  return (error as { cause?: { message?: string } } | undefined)?.cause?.message;
}

export function isRefused(error: unknown): boolean {
  return (
    isBadPort(error) ||
    REFUSED.has(codeOf(error)) ||
    /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(codeOf(error))
  );
}

/** It was open and broke: worth another try. */
export function isBroken(error: unknown): boolean {
  return BROKEN.has(codeOf(error));
}
