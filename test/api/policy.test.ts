/** What an incident promises, compared and exchanged while it runs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulebookOf } from '../../src/api/rulebook.ts';
import type { Rulebook } from '../../src/intake/rulebook.ts';
import type { PackDocument } from '../../src/schema/policy.ts';
import { guide, minutesMs } from '../support/builders.ts';
import { anApi, eventually, type Harness, organisation, personToken } from './harness.ts';

/** The guide as its file says it now; `edit` works on a copy. */
const aPack = (edit: (pack: PackDocument) => void = () => {}): PackDocument => {
  const pack = structuredClone(guide);
  edit(pack);
  return pack;
};
const managerAfter = (pack: PackDocument, minutes: number): void => {
  const step = pack.severities.SEV1?.ladder.find(({ page }) => page === 'engineering-manager');
  if (!step) throw new Error('the guide pages the engineering manager');
  step.after = minutesMs(minutes);
};
/** The same ranks under other names: what is SEV1 here is the mildest there. */
const upsideDown = aPack((pack) => {
  pack.pack = 'upside-down';
  const { SEV1, SEV2, SEV3 } = pack.severities;
  if (!SEV1 || !SEV2 || !SEV3) throw new Error('the guide has three severities');
  pack.severities = { SEV3: SEV1, SEV2, SEV1: SEV3 };
});
/** Knows no third rank. */
const twoOnly = aPack((pack) => {
  pack.pack = 'two-only';
  const { SEV3: _, ...others } = pack.severities;
  pack.severities = others;
});

/** What the files say now; `restart` reads others. */
let loaded: Rulebook;
const restart = (...packs: PackDocument[]): void => {
  loaded = rulebookOf(new Map(packs.map((pack) => [pack.pack, pack])), organisation, guide.pack);
};
const rulebook: Rulebook = {
  organisation,
  pack: (id) => loaded.pack(id),
  policy: (pack) => loaded.policy(pack),
  roster: (...request) => loaded.roster(...request),
  service: (id) => loaded.service(id),
};

let api: Harness;
beforeAll(async () => {
  restart(aPack(), upsideDown, twoOnly);
  api = await anApi({ rulebook });
});
afterAll(() => api.close());

const declared = async (more: object = {}): Promise<string> => {
  restart(aPack(), upsideDown, twoOnly);
  const { body } = await api.ask('POST', '/api/v1/incidents', { title: 'Checkout fails', severity: 'SEV1', ...more });
  const id = String(body.id);
  await eventually(() => api.temporal.started.some((start) => start.incidentId === id));
  return id;
};
const differences = async (id: string, query = '', token = personToken('dana')) =>
  (await api.ask('GET', `/api/v1/incidents/${id}/policy/diff${query}`, undefined, token)).body;
const notesOf = async (id: string): Promise<string[]> =>
  (await api.store.incidents.timeline(id)).filter(({ kind }) => kind === 'note').map(({ text }) => text);
const applied = (id: string, body: object, token = personToken('dana')) =>
  api.ask('POST', `/api/v1/incidents/${id}/policy/apply`, { reason: 'new rules', ...body }, token);
const appliedTo = (id: string) =>
  api.temporal.commands.filter(({ workflowId, name }) => workflowId === id && name === 'applyPolicy');
const managerIn = (answer: { [key: string]: unknown }): string | undefined =>
  (answer.promises as { severity: string; text: string }[]).find(
    ({ severity, text }) => severity === 'SEV1' && text.startsWith('engineering-manager'),
  )?.text;

describe('a running incident', () => {
  test('keeps the policy it began with when the file of its pack changes, until somebody applies it', async () => {
    const id = await declared();
    restart(aPack((pack) => managerAfter(pack, 10)));
    const before = await api.ask('GET', `/api/v1/incidents/${id}/policy`);
    expect(managerIn(before.body)).toBe('engineering-manager is paged after 15 min unless acknowledged');
    expect(appliedTo(id)).toEqual([]);

    expect((await applied(id, {})).status).toBe(200);
    expect(appliedTo(id)).toMatchObject([
      {
        payload: {
          by: { id: 'dana' },
          severity: 'SEV1',
          reason: 'new rules',
          summary: ['SEV1 ladder: engineering-manager is paged after 10 min instead of 15 min'],
          roster: { 'on-call-lead': 'Dana Whitfield' },
          moments: { respondBy: {} },
          policy: { pack: guide.pack },
        },
      },
    ]);
    const after = await api.ask('GET', `/api/v1/incidents/${id}/policy`);
    expect(managerIn(after.body)).toBe('engineering-manager is paged after 10 min unless acknowledged');
    expect((await differences(id)).changes).toEqual([]);
  });

  test('is left alone by a policy that says the same', async () => {
    const id = await declared();
    expect((await applied(id, {})).status).toBe(200);
    expect(appliedTo(id)).toEqual([]);
  });

  test('keeps its policy when the workflow refuses another', async () => {
    const id = await declared();
    restart(aPack((pack) => managerAfter(pack, 10)));
    api.temporal.ended.add(id);
    expect((await applied(id, {})).status).toBe(503);
    const { body } = await api.ask('GET', `/api/v1/incidents/${id}/policy`);
    expect(managerIn(body)).toBe('engineering-manager is paged after 15 min unless acknowledged');
  });

  test('knows the severities it began with, also when the file of its pack has lost one', async () => {
    const id = await declared();
    restart(
      aPack((pack) => {
        pack.severities = twoOnly.severities;
      }),
    );
    const answer = await api.ask('POST', `/api/v1/incidents/${id}/severity`, { severity: 'sev3' });
    expect(answer.status).toBe(200);
    expect(api.temporal.commands.at(-1)).toMatchObject({ name: 'changeSeverity', payload: { severity: 'SEV3' } });
  });

  test('is put under another policy by a commander only', async () => {
    const id = await declared();
    expect((await applied(id, { pack: 'upside-down' }, personToken('hugo'))).status).toBe(403);
    expect(appliedTo(id)).toEqual([]);
  });
});

describe('comparing', () => {
  test('says in sentences what the file would change, and that somebody looked, once', async () => {
    const id = await declared();
    restart(
      aPack((pack) => {
        managerAfter(pack, 10);
        const { internal } = pack.severities.SEV2?.updates ?? {};
        if (internal) internal.every = minutesMs(20);
      }),
    );
    const answer = await differences(id);
    expect(answer).toMatchObject({ matchedBy: 'name', severity: { before: 'SEV1', after: 'SEV1' } });
    expect((answer.changes as unknown as { text: string }[]).map(({ text }) => text)).toEqual([
      'SEV1 ladder: engineering-manager is paged after 10 min instead of 15 min',
      'SEV2 updates: internal every 20 min instead of 30 min',
    ]);
    await differences(id);
    expect(await notesOf(id)).toEqual(['Dana Whitfield compared the policy with guide-sev1-sev3: 2 differences.']);
  });

  test('with another pack matches severities by rank, and says so', async () => {
    const id = await declared();
    expect(await differences(id, '?pack=upside-down')).toMatchObject({
      from: 'guide-sev1-sev3',
      to: 'upside-down',
      matchedBy: 'rank',
      severity: { before: 'SEV1', after: 'SEV3' },
    });
  });

  test('is not for somebody who only watches, and leaves no line then', async () => {
    const id = await declared();
    const answer = await api.ask('GET', `/api/v1/incidents/${id}/policy/diff`, undefined, personToken('clara'));
    expect(answer.status).toBe(403);
    expect(await notesOf(id)).toEqual([]);
    expect((await api.ask('GET', `/api/v1/incidents/${id}/policy`, undefined, personToken('clara'))).status).toBe(200);
  });

  test('names the packs there are when the wanted one is not loaded', async () => {
    const id = await declared();
    const { status, body } = await api.ask('GET', `/api/v1/incidents/${id}/policy/diff?pack=nowhere`);
    expect(status).toBe(400);
    expect(body.detail).toContain('upside-down');
  });
});

describe('going over to another pack', () => {
  test('takes the severity of the same rank', async () => {
    const id = await declared();
    expect((await applied(id, { pack: 'upside-down' })).status).toBe(200);
    expect(appliedTo(id)).toMatchObject([{ payload: { severity: 'SEV3', policy: { pack: 'upside-down' } } }]);
  });

  test('takes the severity that somebody gives', async () => {
    const id = await declared();
    expect((await applied(id, { pack: 'upside-down', severity: 'sev2' })).status).toBe(200);
    expect(appliedTo(id)).toMatchObject([{ payload: { severity: 'SEV2' } }]);
  });

  test('asks for a severity where the pack has none of that rank', async () => {
    const id = await declared({ severity: 'SEV3' });
    const answer = await applied(id, { pack: 'two-only' });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain('give one of SEV1, SEV2');
    expect(appliedTo(id)).toEqual([]);
    expect((await applied(id, { pack: 'two-only', severity: 'SEV9' })).status).toBe(400);
    expect((await applied(id, { pack: 'two-only', severity: 'SEV2' })).status).toBe(200);
    expect(appliedTo(id)).toHaveLength(1);
  });
});
