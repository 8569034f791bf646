/** The pages in a real Chromium, against recorded answers: fast, and without anything of the product behind them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { faultsOfAccess } from './support/access.ts';
import { aFollowUp, anIncident, at } from './support/recorded-answers.ts';
import { type RecordedServer, token, webRoot } from './support/recorded-server.ts';
import { desk, overflowOf, phone, signIn, visitEach } from './support/visit.ts';

describe('the pages', () => {
  let server: RecordedServer;
  let page: Page;
  visitEach((visit) => ({ server, page } = visit));

  const enter = async (path: string, size = desk): Promise<void> => {
    await signIn(page, server, size);
    if (path !== '/') await page.goto(server.url + path);
  };
  const incidentPage = '/incidents/INC-2026-014';
  const sent = (path: RegExp) => server.seen.filter((request) => path.test(request.path));
  const headline = () => page.getByRole('region', { name: 'Next deadline' });
  const overflow = () => overflowOf(page);

  test('a link with a token signs in and leaves no token in the address', async () => {
    await enter('/');

    expect(page.url()).toBe(`${server.url}/`);
    expect(sent(/session/)).toEqual([{ method: 'POST', path: '/api/v1/session', body: { token } }]);
    await page.goBack();
    expect(page.url()).not.toContain(token);
  });

  test('a wrong token is refused in words, and the page stays usable', async () => {
    await page.goto(`${server.url}${incidentPage}`);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('The token is not known').waitFor();

    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.getByRole('heading', { level: 1, name: 'Checkout answers with errors' }).waitFor();
  });

  test('a session that ends while a page is open asks to sign in again, on the same page', async () => {
    await enter(incidentPage);
    await headline().waitFor();
    await page.context().clearCookies();
    server.tell('INC-2026-014');

    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(page.url()).toContain(incidentPage);
  });

  test('the board shows open incidents worst first, with what happens next', async () => {
    await enter('/');
    await page.getByText('Search is slow').waitFor();

    const rows = await page.locator('.incident-row').allInnerTexts();
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain('SEV1');
    expect(rows[0]).toContain('page Priya Nair (on-call-lead) unless acknowledged');
    expect(rows[1]).toContain('SEV2');
    await page.getByText('Gap: nobody is vp-engineering').waitFor();
  });

  test('an empty board says what would make something appear, and offers a drill', async () => {
    server.recording.incidents.length = 0;
    await enter('/');

    await page.getByText('All quiet.').waitFor();
    await page.getByText('/webhooks/alertmanager').waitFor();
    await page.getByRole('button', { name: 'Practise with a drill' }).click();
    await page.getByRole('button', { name: 'Break it' }).click();

    await expect.poll(() => sent(/drills/)[0]?.body).toEqual({ scenario: 'bad-release', speed: 10, people: false });
  });

  test('a suspect says whose change it was, who told of it, and where to read more', async () => {
    await enter(`${incidentPage}#evidence`);
    const [first, second] = [0, 1].map((place) => page.locator('.suspect').nth(place));

    await first?.getByText('by deploy-bot (hugo) · told by github').waitFor();
    expect(await first?.getByRole('link', { name: 'more' }).getAttribute('href')).toBe(
      'https://ci.lanternfish.example/runs/41',
    );
    await second?.getByText('seen in the cluster').waitFor();
    expect(await second?.getByRole('link').count()).toBe(0);
  });

  test('the next deadline is the largest text, and its counter moves without moving anything else', async () => {
    await enter(incidentPage);
    const figure = headline().locator('.countdown-figure').first();
    await figure.waitFor();
    const before = { text: await figure.textContent(), box: await headline().boundingBox() };

    await expect.poll(() => figure.textContent(), { timeout: 5_000 }).not.toBe(before.text);

    expect(before.text).toMatch(/^3:\d\d$/);
    expect(await headline().boundingBox()).toEqual(before.box);
    const largest = await page.evaluate(() => {
      const size = (element: Element) => Number.parseFloat(getComputedStyle(element).fontSize);
      return [...document.querySelectorAll('main *')].reduce((most, one) => (size(one) > size(most) ? one : most))
        .className;
    });
    expect(largest).toContain('countdown-large');
  });

  test('acknowledging is one press, and the next deadline becomes another', async () => {
    await enter(incidentPage);
    await headline().getByRole('button', { name: 'Acknowledge' }).click();

    await expect.poll(() => sent(/acknowledge$/).length).toBe(1);
    await headline().locator('.next-action').getByText('Ask for a technical lead').waitFor();
    await page.getByText('Operator acknowledged.', { exact: true }).first().waitFor();
    expect(await headline().getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
  });

  test('the plan says what changes from what to what, how far it reaches and how it is undone', async () => {
    await enter(incidentPage);
    const plan = page.getByRole('article', { name: /Waits for approval/ });
    await plan.waitFor();

    const words = await plan.textContent();
    for (const said of [
      '2.4.0-bad',
      '2.3.1',
      'B2',
      'Roll forward',
      '3 of 4 replicas',
      'Sessions on the replaced pods are cut',
    ]) {
      expect(words).toContain(said);
    }
  });

  test('a hold of one second approves exactly the plan that was read', async () => {
    await enter(incidentPage);
    const approve = page.getByRole('button', { name: 'Approve' });
    await approve.scrollIntoViewIfNeeded();
    await approve.hover();
    await page.mouse.down();

    await expect.poll(() => sent(/approve$/).length, { timeout: 4_000 }).toBe(1);
    await page.mouse.up();

    const planHash = server.recording.remediations[0]?.planHash;
    expect(sent(/approve$/)).toEqual([
      { method: 'POST', path: '/api/v1/incidents/INC-2026-014/remediations/rem-1/approve', body: { planHash } },
    ]);
    await page.getByRole('article', { name: /Applying/ }).waitFor();
  });

  test('a short press approves nothing and says why', async () => {
    await enter(incidentPage);
    const approve = page.getByRole('button', { name: 'Approve' });
    await approve.click();

    await approve.getByText('Too short').waitFor();
    expect(sent(/approve$/)).toEqual([]);
  });

  test('the keyboard alone reaches the approve button and holds it', async () => {
    await enter(incidentPage);
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    const focusedText = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    for (let step = 0; step < 80 && !(await focusedText()).startsWith('Approve'); step++)
      await page.keyboard.press('Tab');
    expect(await focusedText()).toContain('Approve');

    await page.keyboard.down('Enter');
    await expect.poll(() => sent(/approve$/).length, { timeout: 4_000 }).toBe(1);
    await page.keyboard.up('Enter');
  });

  test('assistive technology, whose presses have no length, approves by pressing twice', async () => {
    await enter(incidentPage);
    const approve = page.getByRole('button', { name: 'Approve' });
    await approve.dispatchEvent('click');
    await approve.getByText('Press once more').waitFor();
    expect(sent(/approve$/)).toEqual([]);

    await approve.dispatchEvent('click');
    await expect.poll(() => sent(/approve$/).length).toBe(1);
  });

  test('a denial takes a reason with it', async () => {
    await enter('/approvals/INC-2026-014?remediation=rem-1', phone);
    await page.getByRole('button', { name: 'Deny…' }).click();
    await page.getByLabel('Why not').fill('the release before has the same fault');
    await page.getByRole('button', { name: 'Deny', exact: true }).click();

    await page.getByText('This question is closed').waitFor();
    expect(sent(/deny$/)[0]?.body).toMatchObject({ reason: 'the release before has the same fault' });
  });

  test('a plan that changed meanwhile is refused in the words of the API', async () => {
    await enter(incidentPage);
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    const remediation = server.recording.remediations[0];
    if (remediation) remediation.planHash = 'another';
    await page.getByRole('button', { name: 'Approve' }).hover();
    await page.mouse.down();

    await page.getByText('The plan changed; read the new one.').waitFor();
    await page.mouse.up();
  });

  test('a resolved incident is shown as over, with what follows', async () => {
    await enter(incidentPage);
    await headline().waitFor();
    const now = Date.now();
    server.recording.followUp = aFollowUp(now);
    Object.assign(server.recording.remediations[0] ?? {}, {
      status: 'recovered',
      endedAt: at(now, -5),
      outcome: 'Symptoms are gone.',
    });
    server.change(
      { status: 'resolved', resolvedAt: at(now, 0), deadlines: [] },
      { kind: 'resolved', text: 'The incident was resolved.' },
    );

    await page.locator('.incident-header .status').getByText('Resolved').waitFor();
    await headline().getByText('The incident is over').waitFor();
    await page.locator('.action-item').getByText('Reject unknown CACHE_MODE').first().waitFor();
    await page.getByText('Read the draft').click();
    await page.getByText('Postmortem: Checkout answers with errors').waitFor();
    expect(await page.locator('.markdown script').count()).toBe(0);
    expect(await page.locator('.markdown a[href^="javascript"]').count()).toBe(0);
  });

  test('a lost stream is said aloud, counters stop, and both recover by themselves', async () => {
    await enter(incidentPage);
    await headline().waitFor();
    server.away = true;
    server.dropStreams();

    const bar = page.getByRole('alert').getByText(/Not live since/);
    await bar.waitFor({ timeout: 15_000 });
    expect(await headline().locator('.countdown-large').getAttribute('class')).toContain('is-stale');

    server.away = false;
    await bar.waitFor({ state: 'detached', timeout: 20_000 });
    expect(await headline().locator('.countdown-large').getAttribute('class')).not.toContain('is-stale');
  });

  test('a stop stands on every page with who and why, and goes when it is lifted', async () => {
    const by = { id: 'dana', name: 'Dana Reyes' };
    server.recording.stops = [{ scope: 'global', reason: 'it makes things worse', by, since: at(Date.now(), -60) }];
    const banner = page.getByRole('alert').getByText('All changes of production are stopped.');
    for (const path of ['/', incidentPage]) {
      await enter(path, phone);
      await banner.waitFor();
      await page.getByText('Dana Reyes: it makes things worse').waitFor();
      expect(await overflow()).toBe(0);
      expect(await faultsOfAccess(page)).toEqual([]);
    }
    server.recording.stops = [];
    await banner.waitFor({ state: 'detached', timeout: 15_000 });
  });

  test('text for customers that says too much is marked before it is sent', async () => {
    await enter(incidentPage);
    await page.getByLabel('customers').check();
    await page.getByLabel('What you want to say').fill('Dana Reyes restarts the postgres server, fixed in 10 minutes.');

    await page.getByText('The leak guard would hold this back').waitFor();
    await page.getByLabel('What you want to say').fill('We know that some orders fail and are working on it.');
    await page.getByText('The leak guard would hold this back').waitFor({ state: 'detached' });
  });

  test('the timeline filters by people, machine and public, and says why the machine acted', async () => {
    await enter(incidentPage);
    const entries = page.locator('.timeline .entry');
    await entries.first().waitFor();
    expect(await entries.count()).toBe(9);

    await page.getByRole('button', { name: 'People' }).click();
    await expect.poll(() => entries.count()).toBe(1);
    expect(page.url()).toContain('show=people');
    await page.getByRole('button', { name: 'People' }).click();
    await page.getByRole('button', { name: 'Public', exact: true }).click();
    await expect.poll(() => entries.count()).toBe(1);
    await entries.first().getByText('Why').click();
    await page.getByText('first public post at declaration').waitFor();
  });

  test('the phone beside a drill can be pressed', async () => {
    await enter(incidentPage);
    await page.getByRole('button', { name: 'Acknowledge on the phone of Dana Reyes' }).click();

    await page.locator('.phone').getByText('acknowledged').waitFor();
    expect(sent(/^sandbox/).map((request) => request.path)).toEqual(['sandbox /pages/page-1/acknowledge']);
  });

  test('an incident that is no drill shows no sandbox beside it', async () => {
    await enter('/incidents/INC-2026-013');
    await headline().waitFor();
    expect(await page.getByRole('region', { name: 'Sandbox' }).count()).toBe(0);
  });

  test('the status page needs no session and shows nothing internal', async () => {
    await page.goto(`${server.url}/status`);
    await page.getByText('Orders already placed are safe').waitFor();

    const words = await page.locator('main').textContent();
    expect(words).not.toMatch(/INC-|checkout-7c9|Dana|SEV1/);
    expect(await page.getByRole('link', { name: 'Board' }).count()).toBe(0);
  });

  test.each([
    ['the board', '/'],
    ['an incident', incidentPage],
    ['an approval', '/approvals/INC-2026-014?remediation=rem-1'],
    ['the status page', '/status'],
    ['the sandbox', '/sandbox'],
  ])('%s fits a phone without scrolling sideways and has names and roles for everything', async (_, path) => {
    await enter(path, phone);
    await page.locator('main h1').waitFor();
    await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined);

    expect(await overflow()).toBe(0);
    expect(await faultsOfAccess(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await faultsOfAccess(page)).toEqual([]);
  });

  test('a title of one endless word and a hostile one stay inside the page', async () => {
    Object.assign(
      server.incident(),
      anIncident(Date.now(), { title: `${'x'.repeat(160)}<img src=x onerror=alert(1)>` }),
    );
    await enter(incidentPage, phone);
    await page.locator('main h1').waitFor();

    expect(await overflow()).toBe(0);
    expect(await page.locator('main img').count()).toBe(0);
  });
});

test('everything a browser loads stays under 120 kB compressed', ({ skip }) => {
  const folder = join(webRoot, 'assets');
  if (!existsSync(folder)) return skip('dist/web is not built (npm run build)');
  const bytes = readdirSync(folder).reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
  process.stdout.write(`pages: ${(bytes / 1_000).toFixed(1)} kB gzip of at most 120\n`);
  expect(bytes).toBeLessThan(120_000);
});
