import type { SlackMessage } from '../../harness/builds';
import type { Finding } from '../stream';
import type { Ledger } from './builds-evidence';

/** Every event is told at least once. */
export function findUnsaid({ told, builds, messages }: Ledger): Finding[] {
  const said = new Set(messages.map(({ event_id }) => event_id ?? ''));
  const expected = [...builds.values()].flatMap((build) => {
    const { id, state, instance_ids, reports } = build;
    if (state === 'pending') return [];
    if (state === 'failed') return [[id, `failed-${id}`] as const];
    const events = [
      `started-${id}`,
      ...instance_ids.filter((one) => reports[one] !== undefined).map((one) => `reported-${id}-${one}`),
      // Of a build of one the report itself tells.
      ...(state === 'finished' && instance_ids.length > 1 ? [`finished-${id}`] : []),
    ];
    return events.map((event) => [id, event] as const);
  });
  const unsaid = expected.filter(([, event]) => !said.has(event));

  const texts = messages.filter(({ event_id }) => event_id?.startsWith('terminated-')).map(({ text }) => text);
  const ended = new Set(texts.flatMap((text) => /\bi-[0-9a-f]{8,17}\b/.exec(text)?.[0] ?? []));
  const untold = told.terminations.filter(({ instance_id }) => !ended.has(instance_id));
  return [
    ...unsaid.map(([subject, event]): Finding => ({ kind: 'lost', subject, what: `the message ${event} never came` })),
    ...untold.map(({ instance_id }): Finding => {
      return { kind: 'lost', subject: instance_id, what: 'no message told of its termination' };
    }),
  ];
}

/** Messages are at least once: a crash between Slack's answer and our note of it repeats one. */
export function countRepeatedMessages(messages: readonly SlackMessage[]): number {
  return messages.length - new Set(messages.map(({ event_id, text }) => event_id ?? text)).size;
}
