import { InvalidInput } from '../../domain/errors.ts';
import type { StatusPage, Vendor } from '../integration.ts';
import { createStatusPage } from './client.ts';

export interface StatuspageSettings {
  STATUSPAGE_API_KEY?: string | undefined;
  STATUSPAGE_PAGE_ID?: string | undefined;
  STATUSPAGE_API_URL: string;
}

/** Tells customers. */
export const statuspage: Vendor<StatuspageSettings, StatusPage> = {
  name: 'statuspage',
  live: (settings) => {
    const { STATUSPAGE_API_KEY: apiKey, STATUSPAGE_PAGE_ID: pageId, STATUSPAGE_API_URL: url } = settings;
    if (!apiKey && !pageId) return null;
    if (apiKey && pageId) return createStatusPage({ url, pageId, apiKey });
    const missing = apiKey ? 'STATUSPAGE_PAGE_ID' : 'STATUSPAGE_API_KEY';
    throw new InvalidInput(`${missing} is missing: the status page needs the key and the page's id`, [
      { path: missing, message: 'set it, or unset the other one' },
    ]);
  },
  sandbox: (world) =>
    createStatusPage({ url: `${world.url}/statuspage`, pageId: 'sandbox', apiKey: world.token('statuspage') }),
  variables: 'STATUSPAGE_API_KEY and STATUSPAGE_PAGE_ID',
};
