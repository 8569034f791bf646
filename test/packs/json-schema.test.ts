import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { organisationDescriptions, packDescriptions } from '../../src/packs/field-descriptions.ts';
import { fieldsOf, type JsonSchema, jsonSchemaOf, schemaNames } from '../../src/packs/json-schema.ts';
import { builtInPoliciesDir } from '../../src/packs/load.ts';
import { remediationPolicyDescriptions } from '../../src/packs/remediation-descriptions.ts';
import { builtInRemediationDir } from '../../src/packs/remediation-load.ts';
import { runbookDescriptions } from '../../src/packs/runbook-descriptions.ts';
import { builtInRunbooksDir } from '../../src/packs/runbook-load.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const published = (name: string): string => join(root, 'docs/schema', `${name}.json`);
const good = join(root, 'test/packs/broken/good');
const read = (file: string): unknown => parse(readFileSync(file, 'utf8'));

test.each(schemaNames)('the published schema of a %s is what "muster schema" prints', (name) => {
  expect(
    JSON.parse(readFileSync(published(name), 'utf8')),
    `write it anew: npm run muster -- schema ${name} > docs/schema/${name}.json, then npm run format`,
  ).toEqual(JSON.parse(JSON.stringify(jsonSchemaOf(name))));
});

describe('an editor shows what a field is for', () => {
  const whole = (jsonSchemaOf('pack').definitions as { whole: JsonSchema }).whole;

  const remedy = 'say in src/packs/field-descriptions.ts what each field is for';

  test('every field of a pack is described, and nothing that is no field', () => {
    expect(Object.keys(packDescriptions).toSorted(), remedy).toEqual(fieldsOf(whole).toSorted());
  });
  test('every field of an organisation is described, and nothing that is no field', () => {
    const fields = fieldsOf(jsonSchemaOf('organisation'));
    expect(Object.keys(organisationDescriptions).toSorted(), remedy).toEqual(fields.toSorted());
  });
  test('every field of a remediation policy is described, and nothing that is no field', () => {
    const fields = fieldsOf(jsonSchemaOf('remediation-policy'));
    expect(Object.keys(remediationPolicyDescriptions).toSorted(), remedy).toEqual(fields.toSorted());
  });
  test('every field of a runbook is described, and nothing that is no field', () => {
    const fields = fieldsOf(jsonSchemaOf('runbook'));
    expect(Object.keys(runbookDescriptions).toSorted(), remedy).toEqual(fields.toSorted());
  });
});

describe('an editor marks what is wrong', () => {
  let validator: FastifyInstance;
  beforeAll(async () => {
    validator = Fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false, strict: false } } });
    for (const name of schemaNames) {
      validator.post(`/${name}`, { schema: { body: JSON.parse(readFileSync(published(name), 'utf8')) } }, () => ({}));
    }
    await validator.ready();
  });
  afterAll(() => validator.close());

  const accepts = async (name: string, document: unknown): Promise<string> => {
    const { statusCode, body } = await validator.inject({
      method: 'POST',
      url: `/${name}`,
      payload: document as object,
    });
    return statusCode === 200 ? 'accepted' : (JSON.parse(body).message as string);
  };

  test('nothing, in what comes along', async () => {
    for (const name of readdirSync(builtInPoliciesDir)) {
      expect(await accepts('pack', read(join(builtInPoliciesDir, name))), name).toBe('accepted');
    }
    for (const name of readdirSync(builtInRemediationDir)) {
      const policy = read(join(builtInRemediationDir, name));
      expect(await accepts('remediation-policy', policy), name).toBe('accepted');
    }
    for (const name of readdirSync(builtInRunbooksDir)) {
      expect(await accepts('runbook', read(join(builtInRunbooksDir, name))), name).toBe('accepted');
    }
    expect(await accepts('organisation', read(join(root, 'src/sandbox/organisation.yaml')))).toBe('accepted');
    expect(await accepts('organisation', read(join(good, 'organisation.yaml')))).toBe('accepted');
  });

  test('a step of a runbook that says who approves it, and one that takes missing data for success', async () => {
    const runbook = read(join(builtInRunbooksDir, 'bad-release.yaml')) as { spec: { steps: object[] } };
    const [step = {}, ...others] = runbook.spec.steps;
    const withStep = (more: object) => ({
      ...runbook,
      spec: { ...runbook.spec, steps: [{ ...step, ...more }, ...others] },
    });
    expect(await accepts('runbook', withStep({}))).toBe('accepted');
    expect(await accepts('runbook', withStep({ mode: 'auto' }))).not.toBe('accepted');
    const check = {
      id: 'a',
      of: 'symptom',
      success: 'value < 1',
      interval: '30s',
      consecutiveSuccess: 3,
      failureLimit: 3,
    };
    const checked = (noData: string) =>
      withStep({ verify: { settle: '60s', giveUpAfter: '5m', checks: [{ ...check, noData }] } });
    expect(await accepts('runbook', checked('inconclusive'))).toBe('accepted');
    expect(await accepts('runbook', checked('success'))).not.toBe('accepted');
  });

  test('nothing, in a pack that says only what differs', async () => {
    expect(await accepts('pack', read(join(good, 'packs/stricter.yaml')))).toBe('accepted');
    expect(await accepts('pack', { pack: 'ours', extends: 'guide-sev1-sev3', reports: null })).toBe('accepted');
  });

  test('a field that is missing, but not where a base has it', async () => {
    const { title: _, ...untitled } = read(join(good, 'packs/ours.yaml')) as Record<string, unknown>;
    expect(await accepts('pack', untitled)).not.toBe('accepted');
    expect(await accepts('pack', { ...untitled, extends: 'guide-sev1-sev3' })).toBe('accepted');
  });

  test('a mode that does not exist, and a policy that changes something because nobody answered', async () => {
    const policy = (spec: object) => ({
      apiVersion: 'muster.dev/v1',
      kind: 'RemediationPolicy',
      metadata: { name: 'ours' },
      spec,
    });
    expect(await accepts('remediation-policy', policy({ modes: { B1: 'auto' } }))).toBe('accepted');
    expect(await accepts('remediation-policy', policy({ modes: { B1: 'always' } }))).not.toBe('accepted');
    const onTimeout = (word: unknown) => policy({ approvals: { B2: { onTimeout: word } } });
    expect(await accepts('remediation-policy', onTimeout({ escalateTo: 'cto' }))).toBe('accepted');
    expect(await accepts('remediation-policy', onTimeout('proceed'))).not.toBe('accepted');
  });

  test('a field that is unknown, a figure without its unit, a word that is none of the choices', async () => {
    const ours = read(join(good, 'packs/ours.yaml')) as Record<string, object>;
    expect(await accepts('pack', { ...ours, titel: 'x' })).not.toBe('accepted');
    expect(await accepts('pack', { ...ours, room: { ...ours.room, archiveAfter: 24 } })).not.toBe('accepted');
    expect(await accepts('pack', { ...ours, resolution: { onRecovered: 'wait' } })).not.toBe('accepted');
    expect(await accepts('pack', { pack: 'ours', extends: 'guide-sev1-sev3', titel: 'x' })).not.toBe('accepted');
    expect(await accepts('pack', { pack: 'ours', extends: 'guide-sev1-sev3', room: { nam: 'x' } })).not.toBe(
      'accepted',
    );
  });
});
