import { AppError } from '@quartermaster/foundation';
import type { BuildRequest } from './build.js';

/** What `{{ … }}` of a name template may name. */
export const NAME_FIELDS = [
  'site',
  'env',
  'queue',
  'role',
  'instance_type',
  'ami',
  'build_id',
  'count',
  'instance_id',
  'instance_id_without_prefix',
] as const;

export type NameField = (typeof NAME_FIELDS)[number];
export type NameValues = Readonly<Record<NameField, string>>;

/** A template that has been read: text and fields in turn. */
export interface NameTemplate {
  readonly parts: readonly (string | { readonly field: NameField })[];
}

export const DEFAULT_NAME_TEMPLATE = '{{ role }}-{{ site }}-{{ env }}-{{ queue }}-{{ instance_id_without_prefix }}';

/** EC2's limit on the value of a tag, in characters. */
const MAX_NAME_LENGTH = 256;
const MAX_TEMPLATE_LENGTH = 255;
const ALLOWED = `allowed are plain text and {{ field }} with a field of: ${NAME_FIELDS.join(', ')}`;

/**
 * Reads a name template: plain text with `{{ field }}` in it and nothing else of Liquid, because it comes with a request
 * and is filled in by a worker. Throws `invalid` `name-template-invalid` that says what is wrong and what is allowed.
 */
export function parseNameTemplate(text: string): NameTemplate {
  if (text.trim() === '') throw refusal('is empty');
  if (text.length > MAX_TEMPLATE_LENGTH) throw refusal(`is longer than ${MAX_TEMPLATE_LENGTH} characters`);
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) throw refusal('contains a control character or a line break');

  // Splitting by a pattern with one group gives text and group in turn: odd places are field names.
  const parts = text.split(/\{\{[ ]*([A-Za-z_][A-Za-z0-9_]*)[ ]*\}\}/).map((part, index) => {
    if (index % 2 === 1) return { field: parseField(part) };
    if (/[{}]/.test(part)) throw refusal('has a tag, a filter or a brace that is no {{ field }}');
    return part;
  });
  return { parts: parts.filter((part) => part !== '') };
}

/** Fills a template in; the result is cut to what EC2 takes as the value of a tag. */
export function renderName(template: NameTemplate, values: NameValues): string {
  const name = template.parts.map((part) => (typeof part === 'string' ? part : values[part.field])).join('');
  return Array.from(name).slice(0, MAX_NAME_LENGTH).join('');
}

/** What the fields of a name template stand for, for one instance of a build. */
export function nameValues(
  buildId: string,
  request: Pick<BuildRequest, 'site' | 'env' | 'queue' | 'role' | 'instance_type' | 'count'>,
  instance: { readonly id: string; readonly image_id: string },
): NameValues {
  return {
    site: request.site,
    env: request.env,
    queue: request.queue,
    role: request.role,
    instance_type: request.instance_type,
    ami: instance.image_id,
    build_id: buildId,
    count: String(request.count),
    instance_id: instance.id,
    instance_id_without_prefix: instance.id.replace(/^i-/, ''),
  };
}

function parseField(name: string): NameField {
  const field = NAME_FIELDS.find((known) => known === name);
  if (field === undefined) throw refusal(`names the unknown field "${name}"`);
  return field;
}

function refusal(reason: string): AppError {
  return new AppError('invalid', 'name-template-invalid', `The name template ${reason}; ${ALLOWED}.`);
}
