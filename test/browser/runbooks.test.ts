/** The page of runbooks in a real Chromium, against the answer that the API would give. */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { aResult } from '../support/quiet-board.ts';
import { faultsOfAccess } from './support/access.ts';
import type { RecordedServer } from './support/recorded-server.ts';
import { desk, overflowOf, phone, signIn, visitEach } from './support/visit.ts';

describe('the page of runbooks', () => {
  let server: RecordedServer;
  let page: Page;
  visitEach((visit) => ({ server, page } = visit));

  const open = async (address = '/runbooks', size = desk): Promise<void> => {
    await signIn(page, server, size);
    await page.goto(server.url + address);
    await page.getByRole('heading', { level: 1, name: 'Runbooks' }).waitFor();
  };
  const card = (title: string): Locator => page.getByRole('article', { name: title });
  const badRelease = () => card('Errors after a deployment');
  const sent = () => server.seen.filter(({ path }) => path.startsWith('/api/v1/stops'));
  const overflow = () => overflowOf(page);
  const hold = async (button: Locator): Promise<void> => {
    await button.scrollIntoViewIfNeeded();
    await button.hover();
    await page.mouse.down();
    await button.waitFor({ state: 'detached' });
    await page.mouse.up();
  };

  test('says of each runbook what it matches, how far it may go, and on whose word', async () => {
    await open();
    const found = badRelease();
    await found.getByText('an alert is called *ErrorRate*').waitFor();
    expect(await found.textContent()).toContain('bad-release, version 1, of platform; comes with Muster');
    await found.getByText('2 steps, with modes and reasons').click();

    const rows = await found.locator('.mode-row').allInnerTexts();
    const ofCheckout = rows.find((row) => row.includes('For Checkout.') && row.includes('B2')) ?? '';
    expect(ofCheckout).toMatch(/production\s+B2\s+recommend/);
    expect(ofCheckout).toContain('policy shop says recommend for B2 in production.');
    expect(rows.some((row) => /approve/.test(row) && row.includes('For Payments, Catalogue, Search.'))).toBe(true);
    await found.getByText('No service of the catalogue has such a target').waitFor();
  });

  test('draws the trust and says it in figures, with what is suggested', async () => {
    server.recording.runbooks = { results: Array.from({ length: 10 }, () => aResult('verified')) };
    await open();
    const words = await badRelease().locator('.trust-row').textContent();
    expect(words).toContain('Suggested: promote');
    expect(words).toContain('n = 10, 10 helped; lower bound 0.72, promotion from 0.70 and 10 runs on');

    const [width, threshold] = await badRelease()
      .locator('.trust-bar')
      .evaluate((bar) => [
        Number(bar.querySelector('.trust-bound')?.getAttribute('width')),
        Number(bar.querySelector('.trust-threshold')?.getAttribute('x1')),
      ]);
    expect(width).toBeCloseTo(72.2, 1);
    expect(threshold).toBeCloseTo(70, 5);
    await card('Pods crash again and again').getByText('n = 0').waitFor();
  });

  test('says why a runbook is demoted, and shows results of drills apart', async () => {
    server.recording.runbooks = { results: [aResult('harmful')], practised: [aResult('verified')] };
    await open();
    await badRelease().getByText('Demoted').first().waitFor();
    await badRelease().getByText('until there is a new version: it made things worse once').waitFor();
    await badRelease().getByText('In drills, which count for nothing else (1)').click();
    await badRelease().getByText('n = 1, 1 helped').waitFor();
  });

  test('says for which target a breaker is open and why', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const breaker = { targetKey: 'sandbox/Deployment/shop/payments', until, because: 'the alert came back twice' };
    server.recording.runbooks = { breakers: [{ runbook: 'bad-release', ...breaker }] };
    await open();
    const line = badRelease().locator('.leaks');
    expect(await line.textContent()).toMatch(/Breaker open.*payments.*in (59 min|1 h).*the alert came back twice/s);
    expect(await card('Pods crash again and again').locator('.leaks').count()).toBe(0);
  });

  test('a runbook is turned off by a hold of one second with a reason, and on again the same way', async () => {
    await open();
    await badRelease().getByRole('button', { name: 'Turn off… bad-release' }).click();
    const dialog = page.getByRole('dialog', { name: 'Turn off bad-release' });
    await dialog.getByText('No step of it is sent any more').waitFor();
    await dialog.getByLabel('Why').fill('it takes back the wrong release');
    await hold(dialog.getByRole('button', { name: 'Turn it off' }));

    await badRelease().getByText('Stopped: the runbook bad-release').waitFor();
    await badRelease().getByText('Off', { exact: true }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Turn on… bad-release');
    await page.keyboard.press('Enter');
    await page.getByLabel('Why').fill('it was corrected');
    await hold(page.getByRole('button', { name: 'Turn it on' }));

    await badRelease().getByText('Stopped: the runbook bad-release').waitFor({ state: 'detached' });
    expect(sent()).toEqual([
      {
        method: 'POST',
        path: '/api/v1/stops',
        body: { scope: 'runbook/bad-release', reason: 'it takes back the wrong release' },
      },
      { method: 'DELETE', path: '/api/v1/stops/runbook%2Fbad-release', body: { reason: 'it was corrected' } },
    ]);
  });

  test('without a reason, and with a short press, nothing is turned off', async () => {
    await open();
    await badRelease().getByRole('button', { name: 'Turn off… bad-release' }).click();
    const button = page.getByRole('button', { name: 'Turn it off' });
    await button.click();
    await button.getByText('Too short').waitFor();
    await button.focus();
    await page.keyboard.down('Enter');
    await page.getByRole('alert').getByText('Say why first').waitFor();
    await page.keyboard.up('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA');
    expect(sent()).toEqual([]);
  });

  test('whoever may only look sees everything and is offered nothing', async () => {
    server.recording.me = { id: 'clara', name: 'Clara Nowak', roles: ['viewer'] };
    await open();
    await badRelease().getByText('Turning it off takes the role responder or commander or admin').waitFor();
    expect(await page.getByRole('button', { name: /Turn o/ }).count()).toBe(0);
  });

  test('a responder may turn a runbook off, and not on again', async () => {
    server.recording.me = { id: 'hugo', name: 'Hugo Barreto', roles: ['responder'] };
    const since = new Date().toISOString();
    server.recording.stops = [{ scope: 'runbook/crash-loop', reason: 'noise', by: server.recording.me, since }];
    await open();
    await card('Pods crash again and again').getByText('Turning it on takes the role commander or admin').waitFor();
    expect(
      await badRelease()
        .getByRole('button', { name: /Turn off/ })
        .count(),
    ).toBe(1);
    await page.getByRole('alert').getByText('The runbook crash-loop is stopped.').waitFor();
  });

  test('the policies say mode, yes, limits, windows that are closed now, and their files', async () => {
    await open();
    const policies = page.getByRole('region', { name: 'Policies' });
    const words = await policies.textContent();
    for (const said of [
      'In production',
      'In production: Checkout',
      'In any other environment',
      '2 people say yes, each a commander',
      'without an answer in 15 min',
      '2 of one target within 1 h, 5 within a day',
      'Closed now',
      'shop.yaml, of shop; holds service checkout.',
    ])
      expect(words).toContain(said);
  });

  test('an incident leads to the runbook that its remediation goes by', async () => {
    const runbook = { name: 'bad-release', version: 1, step: 'rollBack', title: 'Errors after a deployment' };
    Object.assign(server.recording.remediations[0] ?? {}, { runbook });
    await open();
    await page.goto(`${server.url}/incidents/INC-2026-014`);
    await page.getByRole('link', { name: 'bad-release' }).click();

    await badRelease().locator('.runbook-steps').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Errors after a deployment');
  });

  test('an address with a name opens that runbook and leads the eye and the keyboard there', async () => {
    await open('/runbooks#unhealthy-node', phone);
    const found = card('A node is not well');
    await found.locator('.is-wanted, .runbook-steps').first().waitFor();
    await expect.poll(() => found.evaluate((node) => node.getBoundingClientRect().top)).toBeLessThan(phone.height / 2);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('A node is not well');
  });

  test('a filter finds by action, and says so when nothing fits', async () => {
    await open();
    const field = page.getByRole('searchbox');
    await field.fill('drain-node');
    await expect.poll(() => page.locator('.runbook').count()).toBe(1);
    await field.fill('nothing like it');
    await page.getByText('No runbook fits “nothing like it”.').waitFor();
  });

  test('says what is wrong when the board cannot be read, and tries again', async () => {
    server.recording.runbooks = null;
    await open();
    await page.getByRole('alert').getByText('PostgreSQL does not answer; try again.').waitFor();
    server.recording.runbooks = {};
    await page.getByRole('button', { name: 'Try again' }).click();
    await badRelease().waitFor();
  });

  test('fits a phone without scrolling sideways, with everything unfolded, in light and dark', async () => {
    const since = new Date().toISOString();
    server.recording.stops = [{ scope: 'action/evict-pod', reason: 'x'.repeat(200), by: server.recording.me, since }];
    server.recording.runbooks = { results: [aResult('verified'), aResult('harmful', { runbook: 'crash-loop' })] };
    await open('/runbooks', phone);
    await badRelease().waitFor();
    await page.evaluate(() => {
      for (const fold of document.querySelectorAll('details')) fold.open = true;
    });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await overflow()).toBe(0);
      expect(await faultsOfAccess(page)).toEqual([]);
    }
  });
});
