// What the bench's own programs get from the environment.

/** Where to listen, and what else a program was given. */
export function environment() {
  // oxlint-disable-next-line node/no-process-env -- the one place in bench/ where a program reads it
  const given = process.env;
  const { HOST = '127.0.0.1', PORT = '0', REDIS_PORT = '0', REDIS_PREFIX = 'bench', FOLDER = '', TOKEN = '' } = given;
  return {
    host: HOST,
    port: Number(PORT),
    redisPort: Number(REDIS_PORT),
    prefix: REDIS_PREFIX,
    folder: FOLDER,
    token: TOKEN,
  };
}
