import { describeError } from './errors.js';
import type { Logger } from './logging.js';
import { createRedactor } from './redact.js';
import type { Shutdown } from './shutdown.js';

/** Tells of an error that is a bug, with the request or job it happened in. Never throws, never waits. */
export type ReportBug = (error: unknown, requestId: string) => void;

export interface BugReporterOptions {
  /** Sentry's DSN; without one the log is all there is. */
  readonly dsn: string | undefined;
  readonly process: string;
  readonly version: string;
  readonly log: Logger;
  /** Values that must not leave, as for the log; see `secretValues`. */
  readonly secrets: readonly string[];
  /** Tells of the error that ends the process, too. */
  readonly shutdown?: Pick<Shutdown, 'onCrash'>;
}

/** Reports bugs to Sentry, whose SDK is only loaded where there is a DSN: it costs memory and start-up time. */
export async function createBugReporter(options: BugReporterOptions): Promise<ReportBug> {
  const { dsn, process, version, log } = options;
  if (dsn === undefined) return () => undefined;
  const redact = createRedactor(options.secrets);
  const sentry = await import('@sentry/node');
  sentry.init({
    dsn,
    release: `quartermaster@${version}`,
    // Only what is reported on purpose: no bodies, headers or local variables, which hold secrets.
    defaultIntegrations: false,
    skipOpenTelemetrySetup: true,
    sendDefaultPii: false,
    includeServerName: false,
    tracesSampleRate: 0,
    // The words of an error may quote what it failed on.
    beforeSend: (event) => redact(event) as typeof event,
  });
  options.shutdown?.onCrash((error) => {
    sentry.captureException(error, { tags: { process }, level: 'fatal' });
    return sentry.flush();
  });
  return (error, requestId) => {
    try {
      sentry.captureException(error, { tags: { process, request_id: requestId } });
    } catch (failure) {
      log.warn('An error could not be reported', { error: describeError(failure) });
    }
  };
}
