/** Slack cuts messages at 40,000 characters and folds them long before; what is told fits in this. */
export const MAX_TEXT_LENGTH = 3000;
/** A reason may be long; what follows it should still be read. */
const MAX_REASON_LENGTH = 1500;

/**
 * Makes a value harmless in Slack's mrkdwn: `&`, `<` and `>` are its only control characters, so that no value can make
 * a link or call `<!channel>` (docs.slack.dev/messaging/formatting-message-text). Line breaks become spaces.
 */
export function escapeMrkdwn(value: string): string {
  return value.replaceAll(/\s+/g, ' ').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A value in a monospaced span; backticks in it would end the span, so they become quotes. */
export function code(value: string): string {
  return `\`${escapeMrkdwn(value).replaceAll('`', "'")}\``;
}

/** A link. Only http addresses become one; anything else stays text. */
export function link(href: string, label: string): string {
  if (!/^https?:\/\//.test(href)) return escapeMrkdwn(label);
  return `<${escapeMrkdwn(href).replaceAll('|', '%7C')}|${escapeMrkdwn(label).replaceAll('|', '/')}>`;
}

/** Cuts a text to what is told at most, never in the middle of an escape or a character. */
export function cutText(text: string, limit = MAX_TEXT_LENGTH): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 1).replace(/(&[a-z]{0,3}|<[^<>]*|[\uD800-\uDBFF])$/, '');
  return `${cut}…`;
}

/** Why something failed, as a part of a sentence that goes on. */
export function shortReason(reason: string): string {
  return cutText(escapeMrkdwn(reason.replace(/\.$/, '')), MAX_REASON_LENGTH);
}
