import { sha256 } from '../../domain/sha256.ts';
import { callOk } from '../http.ts';
import type { PageCall, Pager } from '../integration.ts';

/** Limits of Events API v2: https://developer.pagerduty.com/docs/send-alert-event */
const summaryCharactersMax = 1_024;
const dedupKeyCharactersMax = 255;

/**
 * PagerDuty Events API v2. Each person has a routing key of their own, so a page rings exactly that phone.
 * A dedup key is one open alert however often it is sent; PagerDuty answers 202 before anything rings.
 * After `resolve` the same key opens a new alert.
 */
export const createPager = ({ url }: { url: string }): Pager => {
  const enqueue = async (address: string, event: Record<string, unknown>): Promise<void> => {
    await callOk({
      vendor: 'pagerduty',
      method: 'POST',
      url: `${url.replace(/\/$/, '')}/v2/enqueue`,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ routing_key: address, ...event }),
      reasonOf,
    });
  };
  return {
    page: async (call) => {
      const dedupKey = dedupKeyOf(call.dedupKey);
      await enqueue(call.address, {
        event_action: 'trigger',
        dedup_key: dedupKey,
        client: 'Muster',
        ...(call.link ? { client_url: call.link.href, links: [call.link] } : {}),
        payload: payloadOf(call),
      });
      return { reference: dedupKey };
    },
    acknowledge: (call) => enqueue(call.address, { event_action: 'acknowledge', dedup_key: dedupKeyOf(call.dedupKey) }),
    resolve: (call) => enqueue(call.address, { event_action: 'resolve', dedup_key: dedupKeyOf(call.dedupKey) }),
  };
};

const payloadOf = (call: PageCall): Record<string, unknown> => ({
  summary: cut(call.summary, summaryCharactersMax),
  source: call.source,
  severity: call.severity,
  custom_details: call.details,
});

const cut = (text: string, charactersMax: number): string =>
  text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`;

/** A longer key keeps its beginning and ends in the hash of the whole: cutting alone would merge two pages into one. */
const dedupKeyOf = (key: string): string => {
  if (key.length <= dedupKeyCharactersMax) return key;
  const hash = sha256(key);
  return `${key.slice(0, dedupKeyCharactersMax - hash.length - 1)}/${hash}`;
};

/** Refusals look like `{"status":"invalid event","message":"...","errors":["..."]}`. */
const reasonOf = (text: string): string | undefined => {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null || !('status' in answer)) return undefined;
    return typeof answer.status === 'string' ? answer.status.slice(0, 60) : undefined;
  } catch {
    return undefined;
  }
};
