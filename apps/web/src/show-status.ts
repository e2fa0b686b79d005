import type { ErrorRecord } from '@quartermaster/foundation';
import type { ServiceStatus, StatusUpdate } from '@quartermaster/stores';

/** panda-kick's, of requests and answers. */
export const STATUS_TYPE = 'application/vnd.kick.status+json';

export function statusHref(service: string): string {
  return `/status/${encodeURIComponent(service)}`;
}

/** A status update as the API answers it, in the order in which it is sent. */
export function showUpdate(update: StatusUpdate): object {
  const { service, application_id, deployment_id, status, detail, cluster_id, timestamp, id } = update;
  return {
    service,
    application_id,
    deployment_id,
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(cluster_id === undefined ? {} : { cluster_id }),
    timestamp,
    id,
  };
}

/** A service's latest status, and how its forwarding stands. */
export function showService(service: ServiceStatus): object {
  return { ...showUpdate(service.latest), forwarding: showForwarding(service) };
}

/** The same among those of other services: without `detail`, which may be as large as a request. */
export function showListed(service: ServiceStatus): object {
  const { detail: _, ...latest } = service.latest;
  return showService({ ...service, latest });
}

/** Body and headers of an answer with one status. */
export function replyWithStatus(shown: object): { headers: Record<string, string>; content: string } {
  return { headers: { 'Content-Type': STATUS_TYPE }, content: JSON.stringify(shown) };
}

function showForwarding({ waiting, ended, trouble, given_up }: ServiceStatus): object {
  const state = waiting > 0 || ended === undefined ? 'waiting' : ended.state;
  const lastError = waiting > 0 ? trouble?.error : ended?.error;
  return {
    state,
    waiting,
    ...(lastError === undefined ? {} : { last_error: showError(lastError) }),
    ...(trouble === undefined ? {} : { tries: trouble.tries, next_try_at: toIso(trouble.next_at) }),
    ...(given_up === undefined
      ? {}
      : { given_up: { ...given_up.update, at: toIso(given_up.at), error: showError(given_up.error) } }),
  };
}

function showError({ code, message }: ErrorRecord): object {
  return { code, message };
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
