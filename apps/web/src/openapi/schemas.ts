import type Joi from 'joi';
import joiToSwagger from 'joi-to-swagger';

/** A schema as OpenAPI 3.0 writes it. */
export type SchemaObject = Readonly<Record<string, unknown>> & {
  readonly properties?: Readonly<Record<string, SchemaObject>>;
  readonly required?: readonly string[];
};

/**
 * A joi schema in the words of OpenAPI. What can't be said in them (`custom`, numbers that come as strings, an empty string
 * for nothing) is left out, or said by the schema itself with `description` and `meta({ swagger })`.
 */
export function toSchemaObject(schema: Joi.ObjectSchema): SchemaObject {
  const swagger = withWholePatterns(joiToSwagger(schema).swagger);
  const { renames = [] } = schema.describe() as { renames?: readonly { from: string; to: string }[] };
  const other = renames.map(({ from, to }) => `\`${from}\` is another name of \`${to}\`.`);
  return other.length === 0 ? swagger : { ...swagger, description: other.join(' ') };
}

/** joi-to-swagger cuts the first and the last character off `/…/u`: what is left of the end goes, too. */
function withWholePatterns(swagger: unknown): SchemaObject {
  return JSON.parse(JSON.stringify(swagger), (name, value: unknown) =>
    name === 'pattern' && typeof value === 'string' ? value.replace(/(?<!\\)\/[a-z]*$/, '') : value,
  ) as SchemaObject;
}

/** The same of a schema that an operator's own task may have brought; one that can't be told is any object. */
export function toSchemaObjectIfPossible(schema: Joi.ObjectSchema): SchemaObject {
  try {
    return toSchemaObject(schema);
  } catch {
    return { type: 'object', description: 'Its schema can not be told in the words of OpenAPI.' };
  }
}
