import type { Pager, Vendor } from '../integration.ts';
import { createPager } from './client.ts';

export interface PagerDutySettings {
  MUSTER_PAGER: 'pagerduty' | 'none';
  PAGERDUTY_EVENTS_URL: string;
}

/** Rings phones. The credentials are the people's own routing keys in organisation.yaml. */
export const pagerduty: Vendor<PagerDutySettings, Pager> = {
  name: 'pagerduty',
  live: (settings) =>
    settings.MUSTER_PAGER === 'pagerduty' ? createPager({ url: settings.PAGERDUTY_EVENTS_URL }) : null,
  sandbox: (world) => createPager({ url: `${world.url}/pagerduty` }),
  variables: 'MUSTER_PAGER=pagerduty',
};
