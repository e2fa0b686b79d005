// What the bench's own programs get from the environment.

/** Where to listen, and what else a program was given. */
export function environment() {
  // oxlint-disable-next-line node/no-process-env -- the one place in bench/ where a program reads it
  const {
    HOST = '127.0.0.1',
    PORT = '0',
    REDIS_PORT = '0',
    FOLDER = '',
    REDIS_PREFIX = 'bench',
    TOKEN = '',
  } = process.env;
  return {
    host: HOST,
    port: Number(PORT),
    redisPort: Number(REDIS_PORT),
    folder: FOLDER,
    prefix: REDIS_PREFIX,
    token: TOKEN,
  };
}
