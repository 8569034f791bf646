/** JSON Schemas of what people write, for editors. `muster check` knows more: it looks at names, order and time. */
import { z } from 'zod';
import { Organisation } from '../schema/organisation.ts';
import { PackDocument } from '../schema/policy.ts';
import { RemediationPolicyDocument } from '../schema/remediation-policy.ts';
import { RunbookDocument } from '../schema/runbook.ts';
import { organisationDescriptions, packDescriptions } from './field-descriptions.ts';
import { remediationPolicyDescriptions } from './remediation-descriptions.ts';
import { runbookDescriptions } from './runbook-descriptions.ts';

export const schemaNames = ['pack', 'organisation', 'remediation-policy', 'runbook'] as const;
export type SchemaName = (typeof schemaNames)[number];

/** Draft 7, which is what YAML language servers read. */
export const jsonSchemaOf = (name: SchemaName): JsonSchema => {
  if (name === 'pack') return packSchema();
  const { schema, descriptions, ...words } = plainKinds[name];
  const { $schema, ...shape } = draft7(schema);
  return { $schema, $id: idOf(name), ...words, ...described(shape, descriptions) };
};

/** Kinds of files that are what their schema says, without `extends`. */
const plainKinds = {
  organisation: {
    schema: Organisation,
    title: 'Muster organisation',
    description: 'People, teams, duties, schedules and services: organisation.yaml. See docs/organisation.md.',
    descriptions: organisationDescriptions,
  },
  'remediation-policy': {
    schema: RemediationPolicyDocument,
    title: 'Muster remediation policy',
    description: 'What Muster may change, and on whose word. See docs/remediation-policies.md.',
    descriptions: remediationPolicyDescriptions,
  },
  runbook: {
    schema: RunbookDocument,
    title: 'Muster runbook',
    description: 'What to do when, from the safest to the riskiest. See docs/runbooks.md.',
    descriptions: runbookDescriptions,
  },
};

const packSchema = (): JsonSchema => {
  const { $schema, ...shape } = draft7(PackDocument);
  const whole = described(shape, packDescriptions);
  return {
    $schema,
    $id: idOf('pack'),
    title: 'Muster policy pack',
    description: 'Who is told what and when, for each severity, and how everything is worded. See docs/packs.md.',
    if: { type: 'object', required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: the word of JSON Schema
    then: { $ref: '#/definitions/derived' },
    else: { $ref: '#/definitions/whole' },
    definitions: { whole, derived: extending(whole) },
  };
};

const idOf = (name: SchemaName): string => `https://muster.dev/schema/${name}.json`;

const draft7 = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as JsonSchema;

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
