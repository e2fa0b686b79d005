import { ConfigError, createLogger, createShutdown, loadConfig, secretValues } from '@quartermaster/foundation';
import { sandboxVariables, type SandboxConfig } from './config.js';
import { createSandbox } from './create-sandbox.js';

/** The sandbox's process: `node apps/sandbox/dist/main.js`. */
async function main(): Promise<void> {
  const config = loadConfig<SandboxConfig>(sandboxVariables, process.env);
  const log = createLogger({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
    process: 'sandbox',
    secrets: secretValues(sandboxVariables, config),
  });
  const shutdown = createShutdown(log);
  const sandbox = createSandbox(config, log);
  await sandbox.start();
  shutdown.onStop('server', () => sandbox.stop());
  log.info('Ready', { url: sandbox.url, port: Number(new URL(sandbox.url).port), region: config.SANDBOX_REGION });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exit(1);
});
