import { request } from 'node:http';
import { connect } from 'node:net';
import { portOf, type Container, type Probe } from './pod-spec.js';

/** Asks once. Anything from 200 to 399 is well, as kubelets see it. */
export function askProbe(container: Container, probe: Probe, host: string): Promise<boolean> {
  const port = portOf(container, probe.port);
  if (port === undefined || probe.kind === 'none') return Promise.resolve(false);
  return probe.kind === 'http' ? askHttp(probe, host, port) : askTcp(probe, host, port);
}

function askHttp({ path, headers, timeoutMs }: Probe, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      { host, port, path, agent: false, headers: { 'user-agent': 'kube-probe/1.31', ...headers } },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        response.once('close', () => {
          clearTimeout(limit);
          resolve(statusCode >= 200 && statusCode < 400);
        });
      },
    );
    const limit = setTimeout(() => asked.destroy(new Error('timed out')), timeoutMs);
    asked.once('error', () => {
      clearTimeout(limit);
      resolve(false);
    });
    asked.end();
  });
}

function askTcp({ timeoutMs }: Probe, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (outcome: boolean): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** What the probes of a container have said since its process began. */
export interface Health {
  /** The startup probe has answered, or there is none. */
  readonly started: boolean;
  readonly ready: boolean;
  /** Kubernetes would start it anew. */
  readonly lost: boolean;
}

export interface HealthWatch {
  stop(): void;
}

interface HealthOptions {
  readonly container: Container;
  readonly host: string;
  readonly now: () => number;
  /** How often it is asked until it is ready; afterwards a fifth as often. */
  readonly everyMs: number;
  readonly onChange: (health: Health) => void;
}

/** Delays and periods of startup and readiness are not waited for: a sandbox wants to know at once. Those of liveness are. */
export function watchHealth({ container, host, now, everyMs, onChange }: HealthOptions): HealthWatch {
  const { startup, liveness, readiness } = container;
  const begun = now();
  const startsUntil =
    startup === undefined ? 0 : begun + startup.initialDelayMs + startup.failureThreshold * startup.periodMs;
  let health: Health = { started: startup === undefined, ready: false, lost: false };
  let notReady = 0;
  let notAlive = 0;
  let livenessAt = begun + (liveness === undefined ? 0 : liveness.initialDelayMs + liveness.periodMs);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function become(next: Partial<Health>): void {
    const changed = Object.entries(next).some(([key, value]) => health[key as keyof Health] !== value);
    health = { ...health, ...next };
    if (changed && !stopped) onChange(health);
  }

  async function look(): Promise<void> {
    if (startup !== undefined && !health.started) {
      if (await askProbe(container, startup, host)) become({ started: true });
      else return become({ lost: now() > startsUntil });
    }
    const answers = readiness === undefined || (await askProbe(container, readiness, host));
    notReady = answers ? 0 : notReady + 1;
    if (answers) become({ ready: true });
    else if (notReady >= (readiness?.failureThreshold ?? 1)) become({ ready: false });
    if (liveness === undefined || now() < livenessAt) return;
    livenessAt = now() + liveness.periodMs;
    notAlive = (await askProbe(container, liveness, host)) ? 0 : notAlive + 1;
    if (notAlive >= liveness.failureThreshold) become({ lost: true });
  }

  function again(): void {
    if (stopped) return;
    const wait = health.ready && notReady === 0 ? 5 * everyMs : everyMs;
    timer = setTimeout(() => void look().then(again), wait);
  }
  void look().then(again);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
