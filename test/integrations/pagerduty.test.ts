import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PageCall } from '../../src/integrations/integration.ts';
import { createPager } from '../../src/integrations/pagerduty/client.ts';
import { answering, startVendors, type Vendors } from '../support/vendors.ts';

let vendors: Vendors;
beforeAll(async () => {
  vendors = await startVendors();
});
afterAll(() => vendors.close());

const address = () => {
  const method = vendors.organisation.people.dana?.contact.find((contact) => contact.via === 'pager');
  return method?.via === 'pager' ? method.key : '';
};
const aPage = (dedupKey: string, more: Partial<PageCall> = {}): PageCall => ({
  address: address(),
  dedupKey,
  summary: 'SEV1 Checkout fails',
  severity: 'critical',
  source: 'checkout',
  link: { href: 'http://127.0.0.1:8080/incidents/INC-1', text: 'Open INC-1' },
  details: { incident: 'INC-1' },
  ...more,
});
const page = (dedupKey: string) => vendors.sandbox.world.state.pages.filter((one) => one.dedupKey === dedupKey);

describe('a page', () => {
  test('rings one phone once, however often it is sent', async () => {
    await vendors.ports.pager.page(aPage('INC-1/page/a/dana'));
    await vendors.ports.pager.page(aPage('INC-1/page/a/dana'));
    expect(page('INC-1/page/a/dana')).toMatchObject([{ person: 'dana', status: 'triggered', severity: 'critical' }]);
  });

  test('stops ringing when it is acknowledged, and is closed when it is resolved', async () => {
    const call = { address: address(), dedupKey: 'INC-1/page/b/dana' };
    await vendors.ports.pager.page(aPage(call.dedupKey));
    await vendors.ports.pager.acknowledge(call);
    expect(page(call.dedupKey)[0]?.status).toBe('acknowledged');
    await vendors.ports.pager.resolve(call);
    await vendors.ports.pager.resolve(call);
    expect(page(call.dedupKey)[0]?.status).toBe('resolved');
  });

  test('that nobody sent can be acknowledged without harm', async () => {
    await vendors.ports.pager.acknowledge({ address: address(), dedupKey: 'INC-1/page/never/dana' });
    expect(page('INC-1/page/never/dana')).toEqual([]);
  });

  test('with a long key keeps two pages apart, within 255 characters', async () => {
    const long = `INC-1/page/${'x'.repeat(300)}`;
    const one = await vendors.ports.pager.page(aPage(`${long}/1`));
    const other = await vendors.ports.pager.page(aPage(`${long}/2`));
    expect(one.reference).not.toBe(other.reference);
    expect(one.reference).toHaveLength(255);
    expect(one.reference.startsWith('INC-1/page/')).toBe(true);
  });

  test('with a title of a novel is cut to what PagerDuty takes', async () => {
    const server = await answering(202, { status: 'success', dedup_key: 'k' });
    await createPager({ url: server.url }).page(aPage('k', { summary: 'x'.repeat(5_000) }));
    const sent = JSON.parse(server.requests[0]?.body ?? '{}') as { payload: { summary: string } };
    expect(sent.payload.summary).toHaveLength(1_024);
    await server.close();
  });
});

describe('what PagerDuty answers on a bad day', () => {
  test.each([
    [400, { status: 'invalid event', message: 'x' }, {}, { terminal: true, reason: 'invalid event' }],
    [429, {}, { 'retry-after': '30' }, { terminal: false, retryAfterMs: 30_000 }],
    [500, 'oops', {}, { terminal: false, status: 500 }],
  ])('%i', async (status, body, headers, expected) => {
    const server = await answering(status, body, headers as Record<string, string>);
    const error = await createPager({ url: server.url })
      .page(aPage('k'))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(expected);
    expect(server.requests).toHaveLength(1);
    await server.close();
  });

  test('nothing: the outcome is unknown, and the routing key is not in the error', async () => {
    const error = await createPager({ url: 'http://127.0.0.1:9' })
      .page(aPage('k', { address: 'routing-key-secret' }))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: null, outcomeUnknown: true });
    expect(JSON.stringify([error, String(error)])).not.toContain('routing-key-secret');
  });
});
