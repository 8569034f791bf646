import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { workflowBundle } from '../../worker/bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'muster-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the workflows carry no validator, no calendar and no template engine', async () => {
  const { code } = await workflowBundle(folder);
  for (const library of ['zod', 'luxon', 'liquidjs', 'yaml', 'pg']) {
    expect(code, library).not.toContain(`node_modules/${library}/`);
  }
  for (const workflow of ['incident', 'remediation', 'followUp']) expect(code).toContain(workflow);
});

test('and are bundled once: the next start reads them', async () => {
  const first = await workflowBundle(folder);
  const second = await workflowBundle(folder);
  expect(second).toEqual({ code: first.code, cached: true });
  expect(readdirSync(folder)).toHaveLength(1);
});

test('a cache that cannot be written is done without', async () => {
  expect((await workflowBundle('/dev/null/cache')).cached).toBe(false);
});
