import type { ServerResponse } from 'node:http';
import type { EffectGuard } from '@quartermaster/foundation';
import { startHttpServer } from '@quartermaster/testing';
import type { StacksPlace } from '../stacks.js';

/** A request as EC2 (form) or OpsWorks (JSON) is asked. */
export interface PlayedRequest {
  readonly action: string;
  /** Of EC2. */
  readonly form: URLSearchParams;
  /** Of OpsWorks. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Refusal {
  readonly code: string;
  readonly status?: number;
}

/** XML for EC2, an object for OpsWorks, or a refusal of either. */
export type PlayedAnswer = string | { readonly json: object } | { readonly refusal: Refusal };

/** Plays AWS on loopback: answers what a test says, and keeps what it was asked. */
export interface PlayedAws {
  readonly place: StacksPlace;
  readonly requests: PlayedRequest[];
  answer: (request: PlayedRequest, count: number) => PlayedAnswer;
  actions(): string[];
  stop(): Promise<void>;
}

export const HELD: EffectGuard = { signal: new AbortController().signal, assertHeld: () => undefined };

export const refuse = (code: string, status = 400): PlayedAnswer => ({ refusal: { code, status } });

export async function playAws(): Promise<PlayedAws> {
  const requests: PlayedRequest[] = [];
  const server = await startHttpServer(({ headers, body }, response) => {
    const target = headers['x-amz-target'];
    const request = readRequest(typeof target === 'string' ? target : undefined, body);
    requests.push(request);
    send(response, request.action, target !== undefined, played.answer(request, requests.length));
  });
  const played: PlayedAws = {
    place: {
      region: 'us-east-1',
      endpoint: server.url,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    },
    requests,
    answer: () => refuse('NotPlayed'),
    actions: () => requests.map(({ action }) => action),
    stop: () => server.stop(),
  };
  return played;
}

function readRequest(target: string | undefined, body: string): PlayedRequest {
  if (target === undefined) {
    const form = new URLSearchParams(body);
    return { action: form.get('Action') ?? '', form, json: {} };
  }
  const json = JSON.parse(body) as Record<string, unknown>;
  return { action: target.slice(target.indexOf('.') + 1), form: new URLSearchParams(), json };
}

function send(response: ServerResponse, action: string, isJson: boolean, answer: PlayedAnswer): void {
  if (typeof answer === 'object' && 'refusal' in answer) {
    const { code, status = 400 } = answer.refusal;
    const words = isJson
      ? JSON.stringify({ __type: code, message: 'words' })
      : `<Response><Errors><Error><Code>${code}</Code><Message>words</Message></Error></Errors></Response>`;
    response.writeHead(status, { 'content-type': isJson ? 'application/x-amz-json-1.1' : 'text/xml' }).end(words);
    return;
  }
  if (typeof answer === 'object') {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer.json));
    return;
  }
  const xml = `<${action}Response><requestId>r</requestId>${answer}</${action}Response>`;
  response.writeHead(200, { 'content-type': 'text/xml' }).end(xml);
}

const item = (xml: string): string => `<item>${xml}</item>`;

/** An instance as DescribeInstances tells it. */
export function instanceXml(id: string, tags: Readonly<Record<string, string>>, state = 'running', more = ''): string {
  const tagSet = Object.entries(tags).map(([key, value]) => item(`<key>${key}</key><value>${value}</value>`));
  return item(
    `<instanceId>${id}</instanceId><instanceState><name>${state}</name></instanceState>${more}<tagSet>${tagSet.join('')}</tagSet>`,
  );
}

export function reservationsXml(...instances: readonly string[]): string {
  const reservations = instances.map((xml) => item(`<instancesSet>${xml}</instancesSet>`));
  return `<reservationSet>${reservations.join('')}</reservationSet>`;
}

export function statusesXml(...ids: readonly string[]): string {
  const ok = (name: string): string => `<${name}><status>ok</status></${name}>`;
  const statuses = ids.map((id) => item(`<instanceId>${id}</instanceId>${ok('systemStatus')}${ok('instanceStatus')}`));
  return `<instanceStatusSet>${statuses.join('')}</instanceStatusSet>`;
}
