/**
 * The pages on the real product: its processes, its database, its Temporal and its sandbox, driven by hand as people
 * drive them, in a real Chromium. Slow (about two minutes), and skipped where Chromium or the built pages are missing.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Product, startProduct } from '../scenarios/product.ts';
import { launchChromium } from './support/chromium.ts';
import { collectFaults, desk, overflowOf, phone, whyNoPages } from './support/visit.ts';

const speed = 20;
const limitMs = 300_000;

describe('a drill, lived through on the pages', () => {
  let browser: Browser;
  let product: Product;
  const faults: string[] = [];

  beforeAll(async () => {
    if (whyNoPages !== null) return;
    [browser, product] = await Promise.all([launchChromium(), startProduct()]);
  }, 130_000);
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  }, 60_000);
  beforeEach((context) => {
    if (whyNoPages !== null) context.skip(whyNoPages);
  });

  const tokenOf = async (person: string): Promise<string> => {
    const people = (await (await fetch(`${product.facts.sandboxUrl}/people`)).json()) as {
      id: string;
      token: string;
    }[];
    return people.find(({ id }) => id === person)?.token ?? '';
  };
  /** Each person has a browser of their own. */
  const signIn = async (token: string, viewport: { width: number; height: number }): Promise<Page> => {
    const page = await (await browser.newContext({ viewport })).newPage();
    page.setDefaultTimeout(60_000);
    collectFaults(page, faults);
    await page.goto(`${product.facts.apiUrl}/login#token=${token}`);
    await page.getByRole('heading', { level: 1, name: 'Incidents' }).waitFor();
    expect(page.url()).not.toContain(token);
    return page;
  };
  const until = (page: Page, status: string) =>
    page.locator('.incident-header .status').getByText(status, { exact: true }).waitFor({ timeout: 120_000 });

  test(
    'from the board to resolved, on a phone, with the worker killed in the middle',
    async () => {
      const operator = await signIn(product.facts.secrets.MUSTER_TOKEN, desk);
      await operator.getByText('All quiet.').waitFor();
      await product.client.startDrill({ scenario: 'bad-release', speed, people: false });

      // The board shows it by itself, with what happens next.
      const row = operator.locator('.incident-row');
      await row.waitFor();
      expect(await row.textContent()).toContain('SEV1');
      expect(await row.locator('.countdown-figure').textContent()).toMatch(/^\d+:\d\d$/);
      const id = /INC-\d+-\d+/.exec((await row.textContent()) ?? '')?.[0] ?? '';

      // On a phone, somebody else says that they look at it.
      const responder = await signIn(await tokenOf('mei'), phone);
      await responder.getByRole('link', { name: 'Checkout answers too many requests' }).click();
      await responder.getByRole('button', { name: 'Acknowledge', exact: true }).click();
      await responder.locator('.incident-header').getByText('by Mei Tanaka').waitFor();
      expect(await overflowOf(responder)).toBe(0);

      // The plan says what changes; a second of holding is the yes, of somebody who did not propose it.
      const plan = responder.getByRole('article', { name: 'Remediation: Waits for approval' });
      await plan.locator('del').getByText('2.4.0-bad').waitFor();
      await plan.locator('ins').getByText('2.3.1').waitFor();
      await plan.getByText('Proposed by Muster').waitFor();
      expect(await overflowOf(responder)).toBe(0);
      const approve = plan.getByRole('button', { name: 'Approve' });
      await approve.scrollIntoViewIfNeeded();
      await approve.hover();
      await responder.mouse.down();
      await plan.waitFor({ state: 'detached' });
      await responder.mouse.up();
      await responder.getByText('Approved by Mei Tanaka').waitFor();

      // In the middle of it the worker dies without a goodbye, and the page tells how it came back.
      await operator.getByRole('link', { name: 'Sandbox' }).click();
      await operator.getByRole('button', { name: 'Kill the worker…' }).click();
      await operator.getByLabel('API token').fill(product.facts.secrets.MUSTER_TOKEN);
      const before = product.pids().worker;
      await operator.getByRole('button', { name: 'Kill it' }).click();
      await operator.getByText(`The worker (process ${before}) was killed.`).waitFor();
      await operator.getByText(/It works again, \d+\.\d s after it died/).waitFor();
      const after = product.pids().worker;
      expect(after).not.toBe(before);
      await operator.getByText(`The supervisor started it again as process ${after}.`).waitFor();

      // The incident goes on where it was: verification, quiet time, resolved; nothing of it is done twice.
      await responder.locator('.sample-good').first().waitFor({ timeout: 120_000 });
      await until(responder, 'Monitoring');
      await responder.getByRole('article', { name: 'Remediation: Recovered' }).waitFor();
      expect(await overflowOf(responder)).toBe(0);
      await until(responder, 'Resolved');
      await responder.getByRole('region', { name: 'Next deadline' }).getByText('The incident is over').waitFor();
      expect(await overflowOf(responder)).toBe(0);

      const told = (await product.client.timeline(id)).map(({ kind }) => kind);
      for (const kind of ['acknowledged', 'remediationApplied', 'remediationVerified', 'resolved']) {
        expect(told.filter((one) => one === kind)).toEqual([kind]);
      }
      expect(faults).toEqual([]);
    },
    limitMs,
  );

  test('a wrong token kills nothing', async () => {
    const page = await signIn(product.facts.secrets.MUSTER_TOKEN, desk);
    await page.getByRole('link', { name: 'Sandbox' }).click();
    const before = product.pids().worker;
    await page.getByRole('button', { name: 'Kill the worker…' }).click();
    await page.getByLabel('API token').fill('not-the-token');
    await page.getByRole('button', { name: 'Kill it' }).click();

    await page.getByRole('alert').getByText('send the API token as bearer').waitFor();
    expect(product.pids().worker).toBe(before);
  });
});
