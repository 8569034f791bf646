import type { Connections } from '../src/integrations/integration.ts';
import type { Organisation } from '../src/schema/organisation.ts';
import type { PackDocument } from '../src/schema/policy.ts';
import type { Store } from '../src/store/store.ts';

/** One JSON line each; fields first, words second (pino's order). */
export interface Log {
  info(fields: Record<string, unknown>, words: string): void;
  warn(fields: Record<string, unknown>, words: string): void;
  error(fields: Record<string, unknown>, words: string): void;
}

/** What activities are made of; put together by worker/dependencies.ts, and by tests. */
export interface Dependencies {
  store: Store;
  /** By pack id. */
  packs: ReadonlyMap<string, PackDocument>;
  /** Pack of incidents that name none. */
  packDefault?: string | undefined;
  organisation: Organisation;
  /** Drills get the sandbox's connections, whatever else is configured. */
  connect(drill: boolean): Connections;
  /** Where people reach the pages, without a slash at its end. */
  webUrl: string;
  /** Sender of mails and organiser of meetings: calendars only trust an invitation when these are one. */
  mailFrom?: string | undefined;
  log: Log;
}

export const mailFromPreset = 'muster@localhost';

export const incidentPage = (webUrl: string, incidentId: string): string =>
  `${webUrl.replace(/\/$/, '')}/incidents/${encodeURIComponent(incidentId)}`;
