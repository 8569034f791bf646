/** A page in a real Chromium before recorded answers. Where something is missing for it, tests are skipped with the reason. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { chromiumPath, launchChromium } from './chromium.ts';
import { RecordedServer, token, webRoot } from './recorded-server.ts';

export const phone = { width: 360, height: 740 };
export const desk = { width: 1280, height: 900 };

/** Null: nothing is missing. */
export const whyNoPages =
  chromiumPath === null
    ? 'no page was driven in a browser: no Chromium here (apt-get install chromium)'
    : existsSync(join(webRoot, 'index.html'))
      ? null
      : 'no page was driven in a browser: dist/web is not built (npm run build)';

/** Hands `begin` a server and a page of its own before each test; after it the page must have thrown and broken nothing. */
export const visitEach = (begin: (visit: { server: RecordedServer; page: Page }) => void): void => {
  let browser: Browser;
  beforeAll(async () => {
    if (whyNoPages === null) browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async (context) => {
    if (whyNoPages !== null) return context.skip(whyNoPages);
    const server = new RecordedServer(Date.now());
    await server.start();
    const page = await browser.newPage({ viewport: desk });
    page.setDefaultTimeout(15_000);
    const faults: string[] = [];
    collectFaults(page, faults);
    begin({ server, page });
    return async () => {
      await page.context().close();
      await server.close();
      expect(faults).toEqual([]);
    };
  });
};

/** What the page throws, and what the browser forbids it. */
export const collectFaults = (page: Page, faults: string[]): void => {
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to|CORS/.test(message.text())) faults.push(message.text());
  });
};

/** Signs in and stands on the board. */
export const signIn = async (page: Page, { url }: RecordedServer, size: typeof desk): Promise<void> => {
  await page.setViewportSize(size);
  await page.goto(`${url}/login#token=${token}`);
  await page.getByRole('heading', { name: 'Incidents' }).waitFor();
};

/** By how much the content is wider than the window. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
