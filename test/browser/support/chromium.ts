import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = [process.env.MUSTER_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** Path of the machine's Chromium (Debian's package `chromium`); null where there is none, and the tests say so. */
export const chromiumPath: string | null = places.find((path) => path && existsSync(path)) ?? null;

export const launchChromium = async (): Promise<Browser> => {
  if (chromiumPath === null) throw new Error('no Chromium on this machine: apt-get install chromium');
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
};
