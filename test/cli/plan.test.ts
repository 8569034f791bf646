import { describe, expect, test } from 'vitest';
import { aPlan, muster, startApi, talkTo } from './api-server.ts';

const plans = 'POST /api/v1/plans';
const planned = { body: { kind: 'plan', plan: aPlan(), mode: 'approve', because: ['policy production says approve'] } };
const refused = { body: { kind: 'refused', because: 'a rollout is in progress: wait for it' } };
const answering = async (reply: Parameters<typeof startApi>[0][string]) => {
  const server = await startApi({ [plans]: reply });
  return { server, environment: talkTo(server) };
};

describe('muster plan', () => {
  const command = [
    'plan',
    'roll-back-deployment',
    '--target',
    'sandbox/Deployment/shop/checkout',
    '--param',
    'revision=4',
  ];

  test('shows the difference that would be sent, and on whose word', async () => {
    const { server, environment } = await answering(planned);
    const { code, out } = await muster(command, environment);
    expect(code).toBe(0);
    expect(out).toContain('- checkout:2.4.0-bad');
    expect(out).toContain('+ checkout:2.3.1');
    expect(out).toContain('mode approve: policy production says approve');
    expect(server.requests[0]?.body).toMatchObject({ params: { revision: 4 }, drill: false });
  });

  test('fails with the reason where it would not be done', async () => {
    const { environment } = await answering(refused);
    const { code, out, err } = await muster(command, environment);
    expect(code).toBe(1);
    expect(err).toContain('a rollout is in progress');
    expect(out).not.toContain('+ checkout');
  });
});

describe('muster runbook explain --ask', () => {
  const command = ['runbook', 'explain', 'bad-release', '--target', 'Deployment/shop/checkout'];

  test('shows what its steps would send to this target', async () => {
    const { server, environment } = await answering(planned);
    const { code, out } = await muster([...command, '--ask'], environment);
    expect(code).toBe(0);
    expect(out).toContain('+ checkout:2.3.1');
    expect(server.requests[0]?.body).toMatchObject({
      action: 'roll-back-deployment',
      runbook: { name: 'bad-release' },
    });
  });

  test('says why a step would not be done now', async () => {
    const { environment } = await answering(refused);
    const { code, out } = await muster([...command, '--ask'], environment);
    expect(code).toBe(0);
    expect(out).toContain('rollBack would not be done now: a rollout is in progress');
  });

  test('asks nobody without it', async () => {
    const { server, environment } = await answering(planned);
    expect((await muster(command, environment)).code).toBe(0);
    expect(server.requests).toHaveLength(0);
  });
});
