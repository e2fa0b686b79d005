import { AppError } from '@quartermaster/foundation';
import { DEFAULT_NAME_TEMPLATE, nameValues, parseNameTemplate, renderName } from './name-template.js';

const request = { site: 'org', env: 'staging', queue: 'docker', role: 'worker', instance_type: 'c3.large', count: 2 };
const values = nameValues('b1', request, { id: 'i-0abc', image_id: 'ami-1' });

function refusalOf(text: string): AppError {
  try {
    parseNameTemplate(text);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error(`not refused: ${text}`);
}

describe('parseNameTemplate and renderName', () => {
  it('fill in the default template', () => {
    expect(renderName(parseNameTemplate(DEFAULT_NAME_TEMPLATE), values)).toBe('worker-org-staging-docker-0abc');
  });

  it('know every field, with or without spaces around it', () => {
    const text = '{{site}} {{  env  }} {{ instance_type }} {{ ami }} {{ build_id }} {{ count }} {{ instance_id }}';
    expect(renderName(parseNameTemplate(text), values)).toBe('org staging c3.large ami-1 b1 2 i-0abc');
  });

  it('take plain text as it is', () => {
    expect(renderName(parseNameTemplate("$(touch x) `y` 'z' ü"), values)).toBe("$(touch x) `y` 'z' ü");
  });

  it.each([
    ['a tag', '{% if site %}x{% endif %}'],
    ['an including tag', "{% render 'package.json' %}"],
    ['a filter', '{{ site | upcase }}'],
    ['a path', '{{ site.length }}'],
    ['a text in quotes', '{{ "x" }}'],
    ['an empty field', '{{ }}'],
    ['an opening pair alone', 'a {{ site'],
    ['a closing pair alone', 'site }} a'],
    ['three braces', '{{{ site }}}'],
    ['whitespace control', '{{- site -}}'],
    ['a line break inside the braces', '{{\nsite }}'],
  ])('refuse %s', (_what, text) => {
    expect(refusalOf(text)).toMatchObject({ kind: 'invalid', code: 'name-template-invalid' });
  });

  it.each(['constructor', '__proto__', 'toString', 'tags', 'Site', 'init_script_secret'])(
    'refuse the unknown field %s and say which there are',
    (field) => {
      const { message } = refusalOf(`{{ ${field} }}`);
      expect(message).toContain(`"${field}"`);
      expect(message).toContain('instance_id_without_prefix');
    },
  );

  it.each([
    ['a line break', 'a\nb', /line break/],
    ['an escape character', 'a\u001bb', /control character/],
    ['a line separator', 'a\u2028b', /line break/],
    ['nothing', ' ', /is empty/],
    ['256 characters', 'x'.repeat(256), /longer than 255/],
  ])('refuse %s', (_what, text, reason) => {
    expect(refusalOf(text).message).toMatch(reason);
  });

  it('cut the name to the 256 characters that EC2 takes, never through a character', () => {
    const name = renderName(parseNameTemplate('{{ site }}'.repeat(20) + '🚀'), { ...values, site: 'x'.repeat(63) });
    expect(name).toBe('x'.repeat(256));
    const rockets = renderName(parseNameTemplate('{{ site }}'), { ...values, site: '🚀'.repeat(300) });
    expect(Array.from(rockets)).toHaveLength(256);
    expect(rockets.endsWith('🚀')).toBe(true);
  });
});
