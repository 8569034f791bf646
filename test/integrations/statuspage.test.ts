import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StatusPost } from '../../src/integrations/integration.ts';
import { createStatusPage } from '../../src/integrations/statuspage/client.ts';
import { statuspage } from '../../src/integrations/statuspage/index.ts';
import { answering, startVendors, type Vendors } from '../support/vendors.ts';

let vendors: Vendors;
let count = 0;
beforeAll(async () => {
  vendors = await startVendors();
});
afterAll(() => vendors.close());

const aPost = (more: Partial<StatusPost> = {}): StatusPost => {
  count += 1;
  return {
    incidentKey: `INC-2026-${count}`,
    postKey: `INC-2026-${count}/public/1`,
    name: 'Problem with Checkout',
    status: 'investigating',
    body: 'We are looking into it.',
    component: 'cmp-checkout',
    componentStatus: 'partial_outage',
    ...more,
  };
};
const incidents = () => vendors.sandbox.world.state.statusIncidents;
const incident = (id: string) => incidents().find((one) => one.id === id);
const component = () => vendors.sandbox.world.state.components.find((one) => one.id === 'cmp-checkout')?.status;

describe('the public incident', () => {
  test('is opened once and then updated, its component with it', async () => {
    const first = aPost();
    const { id, url } = await vendors.ports.statusPage.publish(first);
    expect(url).toContain(id);
    expect(component()).toBe('partial_outage');
    const next = { ...first, postKey: `${first.postKey}2`, status: 'identified' as const, body: 'We know more.' };
    expect((await vendors.ports.statusPage.publish(next)).id).toBe(id);
    expect(incident(id)?.updates.map((update) => update.body)).toEqual(['We know more.', 'We are looking into it.']);
  });

  test('is not opened twice when the answer to its opening was lost', async () => {
    const post = aPost();
    await vendors.fault({ path: '/statuspage/v1/pages/sandbox/incidents', method: 'POST', kind: 'dropAfterApply' });
    await expect(vendors.ports.statusPage.publish(post)).rejects.toMatchObject({ status: null });
    const { id } = await vendors.ports.statusPage.publish(post);
    expect(incident(id)?.updates).toHaveLength(1);
    expect(incidents().filter((one) => JSON.stringify(one.metadata).includes(`"${post.incidentKey}"`))).toHaveLength(1);
  });

  test('does not get one update twice when its answer was lost', async () => {
    const first = aPost();
    const { id } = await vendors.ports.statusPage.publish(first);
    const update = { ...first, postKey: `${first.postKey}2`, body: 'Second.' };
    await vendors.fault({
      path: `/statuspage/v1/pages/sandbox/incidents/${id}`,
      method: 'PATCH',
      kind: 'dropAfterApply',
    });
    await expect(vendors.ports.statusPage.publish(update)).rejects.toMatchObject({ terminal: false });
    await vendors.ports.statusPage.publish(update);
    expect(incident(id)?.updates).toHaveLength(2);
  });

  test('sets the component back when it is resolved, and a repeated resolution opens nothing new', async () => {
    const first = aPost({ componentStatus: 'major_outage' });
    const { id } = await vendors.ports.statusPage.publish(first);
    const resolved = { ...first, postKey: `${first.postKey}2`, status: 'resolved' as const, body: 'Over.' };
    await vendors.ports.statusPage.publish(resolved);
    expect(component()).toBe('operational');
    expect((await vendors.ports.statusPage.publish(resolved)).id).toBe(id);
    expect(incident(id)?.updates).toHaveLength(2);
    expect(incident(id)?.impact).toBe('critical');
  });

  test('of another Muster incident is left alone', async () => {
    const [one, other] = [aPost(), aPost()];
    const { id } = await vendors.ports.statusPage.publish(one);
    expect((await vendors.ports.statusPage.publish(other)).id).not.toBe(id);
  });
});

describe('what Statuspage answers on a bad day', () => {
  test.each([
    [401, { error: 'Could not authenticate' }, { terminal: true, reason: 'Could not authenticate' }],
    [422, { error: ['Component x is not valid'] }, { terminal: true, reason: 'Component x is not valid' }],
    [420, 'slow down', { terminal: false, status: 420 }],
    [503, '', { terminal: false, status: 503 }],
    [200, '<html>', { terminal: false, status: null }],
  ])('%i', async (status, body, expected) => {
    const server = await answering(status, body);
    const page = createStatusPage({ url: server.url, pageId: 'p', apiKey: 'very-secret-key' });
    const error = await page.publish(aPost()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(expected);
    expect(JSON.stringify([error, String(error)])).not.toContain('very-secret-key');
    await server.close();
  });

  test('half a configuration says which variable is missing', () => {
    expect(() => statuspage.live({ STATUSPAGE_API_KEY: 'k', STATUSPAGE_API_URL: 'https://x.example' })).toThrow(
      /STATUSPAGE_PAGE_ID/,
    );
    expect(statuspage.live({ STATUSPAGE_API_URL: 'https://x.example' })).toBeNull();
  });
});
