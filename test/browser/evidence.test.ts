/** The evidence of an incident in a real Chromium, against recorded answers. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { noEvidence } from '../support/builders.ts';
import { faultsOfAccess } from './support/access.ts';
import { chromiumPath, launchChromium } from './support/chromium.ts';
import { at } from './support/recorded-answers.ts';
import { RecordedServer, token, webRoot } from './support/recorded-server.ts';

const missing =
  chromiumPath === null
    ? 'the evidence was not looked at in a browser: no Chromium here (apt-get install chromium)'
    : existsSync(join(webRoot, 'index.html'))
      ? null
      : 'the evidence was not looked at in a browser: dist/web is not built (npm run build)';

describe('the evidence on the page', () => {
  let browser: Browser;
  let server: RecordedServer;
  let page: Page;

  beforeAll(async () => {
    if (missing === null) browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async (context) => {
    if (missing !== null) return context.skip(missing);
    server = new RecordedServer(Date.now());
    await server.start();
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
  });
  afterEach(async () => {
    if (missing !== null) return;
    await page.context().close();
    await server.close();
  });

  const enter = async (size: { width: number; height: number }): Promise<void> => {
    await page.setViewportSize(size);
    await page.goto(`${server.url}/login#token=${token}`);
    await page.getByRole('heading', { name: 'Incidents' }).waitFor();
    await page.goto(`${server.url}/incidents/INC-2026-014`);
    await section().getByText('Gathered').waitFor();
  };
  const section = () => page.getByRole('region', { name: 'Evidence' });
  const openAll = () =>
    page.evaluate(() => {
      for (const fold of document.querySelectorAll<HTMLDetailsElement>('#evidence details')) fold.open = true;
    });

  test.each([
    ['a desk', 1_280],
    ['a phone', 360],
  ])('is all there on %s, and nothing of it is wider than the page', async (_, width) => {
    await enter({ width, height: 900 });
    await openAll();
    for (const words of [
      'answered 503 instead of 200',
      'checkout-5xx',
      'Setting or key missing',
      '91 of 97 connections in use',
      'Session 4711 makes 1 wait',
      'Error, exit code 1',
      'Made by ReplicaSet checkout-7c9d8b6f5 › Deployment checkout › Helm release shop',
      'MemoryPressure',
      'at its maximum',
      'no pod may be evicted',
      'environment CACHE_MODE of checkout set to another value',
      'stopped early',
    ])
      await section().getByText(words).first().waitFor();
    expect(await section().locator('figure canvas').count()).toBe(3);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBeLessThanOrEqual(0);
    expect(await faultsOfAccess(page)).toEqual([]);
  });

  test('what is well stays folded, and what is wrong is open', async () => {
    await enter({ width: 1_280, height: 900 });
    const isOpen = (summary: string) =>
      section()
        .locator('details', { has: page.locator('summary', { hasText: summary }) })
        .evaluate((fold) => (fold as HTMLDetailsElement).open);
    expect(await isOpen('Health page')).toBe(true);
    expect(await isOpen('Nodes')).toBe(true);
    expect(await isOpen('Revisions')).toBe(false);
    expect(await isOpen('Log group')).toBe(false);
  });

  test('of before these parts were gathered is shown without them', async () => {
    server.recording.evidence = noEvidence({
      gatheredAt: at(Date.now(), -40),
      onset: at(Date.now(), -190),
      missing: ['the workload: no answer', 'the symptom curve: prometheus: no answer'],
    });
    await enter({ width: 1_280, height: 900 });
    await section().getByText('2 parts could not be had').click();
    await section().getByText('the workload: no answer').waitFor();
    expect(await section().locator('details').count()).toBe(1);
  });
});
