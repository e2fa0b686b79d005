import { isRecord, parseJson, SlackError } from './protocol.js';

export interface MessageMetadata {
  readonly event_type: string;
  readonly event_payload: Readonly<Record<string, unknown>>;
}

export interface Message {
  readonly channel: string;
  readonly text: string;
  readonly metadata?: MessageMetadata;
  /** Out of the metadata's payload, where the sender put one: how a repeated message is known. */
  readonly event_id?: string;
}

/** "Truncating content" in the documentation of chat.postMessage: what is longer is cut there and refused here. */
const TEXT_LIMIT = 40_000;
/** "Limits" in the documentation of message metadata. */
const METADATA_LIMIT = 8192;

/** Arguments that are taken. What is only for looks is kept out of the log of messages. */
const KNOWN: readonly string[] = [
  'channel',
  'text',
  'metadata',
  'blocks',
  'attachments',
  'mrkdwn',
  'parse',
  'link_names',
  'unfurl_links',
  'unfurl_media',
  'icon_emoji',
  'icon_url',
  'username',
  'thread_ts',
  'reply_broadcast',
];

/** Reads and checks a message. Throws `SlackError` where Slack refuses it. */
export function parseMessage(values: ReadonlyMap<string, unknown>, unknownChannels: readonly string[]): Message {
  const unknown = [...values.keys()].find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw SlackError.invalidArguments(`the sandbox does not know the argument: ${unknown}`);
  const channel = values.get('channel');
  if (channel === undefined || channel === '') {
    throw SlackError.invalidArguments('missing required field: channel');
  }
  if (typeof channel !== 'string') throw SlackError.invalidArguments('must provide a string [json-pointer:/channel]');
  const name = channel.replace(/^[#@]/, '');
  if (unknownChannels.includes(name) || !/^[\p{L}\p{N}._-]{1,80}$/u.test(name))
    throw new SlackError('channel_not_found');

  const text = values.get('text') ?? '';
  if (typeof text !== 'string') throw SlackError.invalidArguments('must provide a string [json-pointer:/text]');
  if (text === '' && !hasContent(values.get('blocks')) && !hasContent(values.get('attachments'))) {
    throw new SlackError('no_text');
  }
  if (text.length > TEXT_LIMIT) throw new SlackError('msg_too_long');
  const metadata = readMetadata(values.get('metadata'));
  if (metadata === undefined) return { channel, text };
  const eventId = metadata.event_payload['event_id'];
  return { channel, text, metadata, ...(typeof eventId === 'string' ? { event_id: eventId } : {}) };
}

function readStructure(value: unknown): unknown {
  return typeof value === 'string' ? parseJson(value) : value;
}

function hasContent(value: unknown): boolean {
  const list = readStructure(value);
  return Array.isArray(list) && list.length > 0;
}

function readMetadata(value: unknown): MessageMetadata | undefined {
  if (value === undefined || value === '') return undefined;
  const metadata = readStructure(value);
  if (!isRecord(metadata)) throw new SlackError('invalid_metadata_format');
  const { event_type: type, event_payload: payload, ...rest } = metadata;
  const wellFormed =
    typeof type === 'string' &&
    /^[A-Za-z0-9_.:-]{1,255}$/.test(type) &&
    isRecord(payload) &&
    Object.keys(rest).length === 0;
  if (!wellFormed) throw new SlackError('invalid_metadata_schema');
  if (JSON.stringify(metadata).length > METADATA_LIMIT) throw new SlackError('metadata_too_large');
  return { event_type: type, event_payload: payload };
}
