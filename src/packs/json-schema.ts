/** JSON Schemas of what people write, for editors. `muster check` knows more: it looks at names, order and time. */
import { z } from 'zod';
import { Organisation } from '../schema/organisation.ts';
import { PackDocument } from '../schema/policy.ts';
import { organisationDescriptions, packDescriptions } from './field-descriptions.ts';

export const schemaNames = ['pack', 'organisation'] as const;
export type SchemaName = (typeof schemaNames)[number];

/** Draft 7, which is what YAML language servers read. */
export const jsonSchemaOf = (name: SchemaName): JsonSchema => {
  const { $schema, ...shape } = z.toJSONSchema(name === 'pack' ? PackDocument : Organisation, {
    io: 'input',
    target: 'draft-7',
  }) as JsonSchema;
  const head = { $schema, $id: `https://muster.dev/schema/${name}.json` };
  if (name === 'organisation') {
    return {
      ...head,
      title: 'Muster organisation',
      description: 'People, teams, duties, schedules and services: organisation.yaml. See docs/organisation.md.',
      ...described(shape, organisationDescriptions),
    };
  }
  const whole = described(shape, packDescriptions);
  return {
    ...head,
    title: 'Muster policy pack',
    description: 'Who is told what and when, for each severity, and how everything is worded. See docs/packs.md.',
    if: { type: 'object', required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: the word of JSON Schema
    then: { $ref: '#/definitions/derived' },
    else: { $ref: '#/definitions/whole' },
    definitions: { whole, derived: extending(whole) },
  };
};

/** As much of JSON Schema as zod writes. */
export interface JsonSchema {
  [keyword: string]: unknown;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  required?: string[];
}

/** Every field of a schema as a path such as `severities.*.ladder[].after`, each once. */
export const fieldsOf = (schema: JsonSchema): string[] => {
  const found = new Set<string>();
  mapFields(schema, '', (field, path) => {
    found.add(path);
    return field;
  });
  return [...found];
};

const described = (schema: JsonSchema, descriptions: Readonly<Record<string, string>>): JsonSchema =>
  mapFields(schema, '', (field, path) => {
    const description = descriptions[path];
    return description === undefined ? field : { description, ...field };
  });

/** Rebuilds a schema with each property changed, innermost first. */
const mapFields = (
  schema: JsonSchema,
  path: string,
  change: (field: JsonSchema, path: string) => JsonSchema,
): JsonSchema => {
  const within = (inner: JsonSchema, innerPath = path) => mapFields(inner, innerPath, change);
  const { properties, additionalProperties, items, anyOf, oneOf } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, field]) => {
          const fieldPath = path === '' ? key : `${path}.${key}`;
          return [key, change(within(field, fieldPath), fieldPath)];
        }),
      ),
    }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: within(additionalProperties, `${path}.*`),
    }),
    ...(items && { items: within(items, `${path}[]`) }),
    ...(anyOf && { anyOf: anyOf.map((each) => within(each)) }),
    ...(oneOf && { oneOf: oneOf.map((each) => within(each)) }),
  };
};

/** A pack that extends another may leave out anything in a map, and takes fields away with null; lists are written whole. */
const derived = ({ required: _, ...schema }: JsonSchema): JsonSchema => {
  const { properties, additionalProperties, anyOf } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, field]) => [key, orNull(derived(field))])),
    }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: orNull(derived(additionalProperties)) }),
    ...(anyOf && { anyOf: anyOf.map(derived) }),
  };
};

const extending = (whole: JsonSchema): JsonSchema => {
  const { pack = {}, extends: base = {} } = whole.properties ?? {};
  const parts = derived(whole);
  return { ...parts, properties: { ...parts.properties, pack, extends: base }, required: ['pack', 'extends'] };
};

const orNull = ({ description, ...schema }: JsonSchema): JsonSchema => ({
  ...(description !== undefined && { description }),
  anyOf: [schema, { type: 'null' }],
});
