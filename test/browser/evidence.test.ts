/** The evidence of an incident in a real Chromium, against recorded answers. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { noEvidence } from '../support/builders.ts';
import { faultsOfAccess } from './support/access.ts';
import { at } from './support/recorded-answers.ts';
import type { RecordedServer } from './support/recorded-server.ts';
import { overflowOf, signIn, visitEach } from './support/visit.ts';

describe('the evidence on the page', () => {
  let server: RecordedServer;
  let page: Page;
  visitEach((visit) => ({ server, page } = visit));

  const enter = async (size: { width: number; height: number }): Promise<void> => {
    await signIn(page, server, size);
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
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
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
