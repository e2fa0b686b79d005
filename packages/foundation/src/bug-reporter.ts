import { describeError } from './errors.js';
import type { Logger } from './logging.js';

/** Tells of an error that is a bug, with the request or job it happened in. Never throws, never waits. */
export type ReportBug = (error: unknown, requestId: string) => void;

export interface BugReporterOptions {
  /** Sentry's DSN; without one the log is all there is. */
  readonly dsn: string | undefined;
  readonly process: string;
  readonly version: string;
  readonly log: Logger;
}

/** Reports bugs to Sentry, whose SDK is only loaded where there is a DSN: it costs memory and start-up time. */
export async function createBugReporter({ dsn, process, version, log }: BugReporterOptions): Promise<ReportBug> {
  if (dsn === undefined) return () => undefined;
  const sentry = await import('@sentry/node');
  sentry.init({
    dsn,
    release: `quartermaster@${version}`,
    // Only what is reported on purpose: no bodies, headers or local variables, which hold secrets.
    defaultIntegrations: false,
    skipOpenTelemetrySetup: true,
    sendDefaultPii: false,
    tracesSampleRate: 0,
  });
  return (error, requestId) => {
    try {
      sentry.captureException(error, { tags: { process, request_id: requestId } });
    } catch (failure) {
      log.warn('An error could not be reported', { error: describeError(failure) });
    }
  };
}
