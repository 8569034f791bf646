/** The real workflow and its activities on a clock that jumps from one weekday to another; only the sandbox is played. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDrillActivities } from '../../activities/drills.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import type { StartDrill } from '../../src/schema/api.ts';
import type { IncidentView } from '../../src/schema/incident.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import type { scheduledDrill } from '../../workflows/index.ts';
import { guide } from '../support/builders.ts';
import { anOrganisation } from '../support/organisation.ts';
import { type RecordingPorts, recordingPorts } from '../support/ports.ts';
import { testDatabase } from '../support/postgres.ts';
import { timeSkipping, workflowBundle } from '../support/time-skipping.ts';

let environment: TestWorkflowEnvironment;
let store: Store;
let worker: Worker;
let running: Promise<void>;
let ports: RecordingPorts;
let begun: { order: StartDrill; id: string; at: string }[] = [];
let refusal: Error | null = null;
let warnings: string[] = [];

beforeAll(async () => {
  const [server, { url }, bundle] = await Promise.all([timeSkipping(), testDatabase(), workflowBundle()]);
  environment = server;
  store = await openStore(url);
  const dependencies = {
    store,
    packs: new Map([[guide.pack, guide]]),
    packDefault: guide.pack,
    // Open from nine to five, UTC.
    organisation: anOrganisation(),
    connect: () => ports.connections,
    webUrl: 'http://muster.test',
    log: {
      info: () => undefined,
      warn: (_: object, words: string) => {
        warnings.push(words);
      },
      error: () => undefined,
    },
  };
  worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: 'muster',
    workflowBundle: bundle,
    activities: createDrillActivities(dependencies, async (order, { id, at }) => {
      if (refusal) throw refusal;
      begun.push({ order, id, at });
    }),
  });
  running = worker.run();
});
beforeEach(() => {
  ports = recordingPorts();
  begun = [];
  warnings = [];
  refusal = null;
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await store.close();
  await environment.teardown();
});

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** `tue 10:00` of a moment. */
const clock = (at: string | number): string => {
  const text = new Date(at).toISOString();
  return `${weekdays[new Date(at).getUTCDay()]} ${text.slice(11, 16)}`;
};
/** Lets the time come that `clock` calls so, within the next week. */
const until = async (moment: string): Promise<void> => {
  const now = await environment.currentTimeMs();
  let at = Math.ceil(now / 60_000) * 60_000;
  while (clock(at) !== moment) at += 60_000;
  await environment.sleep(at - now);
};
const order: StartDrill = { scenario: 'bad-release', speed: 60, people: true, severity: 'SEV2' };
let count = 0;
const start = () => {
  count += 1;
  return environment.client.workflow.start<typeof scheduledDrill>('scheduledDrill', {
    taskQueue: 'muster',
    workflowId: `scheduled-drill/bad-release-first-tuesday/${count}`,
    args: [order],
  });
};
const anOpenIncident = async (id: string, more: Partial<IncidentView> = {}): Promise<IncidentView> => {
  const at = new Date(await environment.currentTimeMs()).toISOString();
  const muster = { kind: 'muster', id: 'muster', name: 'Muster' } as const;
  const view: IncidentView = {
    id,
    workflowId: id,
    title: 'Checkout fails',
    summary: null,
    pack: guide.pack,
    severity: 'SEV1',
    rank: 1,
    status: 'investigating',
    service: null,
    drill: false,
    speed: 1,
    declaredAt: at,
    declaredBy: muster,
    acknowledgedAt: null,
    acknowledgedBy: null,
    mitigatedAt: null,
    resolvedAt: null,
    closedAt: null,
    roles: {},
    minimumRoles: [],
    deadlines: [],
    updates: { internal: { dueAt: null, kept: 0, broken: 0 }, public: { dueAt: null, kept: 0, broken: 0 } },
    room: null,
    publicUrl: null,
    alertsFiring: 0,
    cause: null,
    continues: null,
    version: 1,
    ...more,
  };
  await store.incidents.record(view, []);
  return view;
};
const close = (view: IncidentView) => store.incidents.record({ ...view, status: 'closed', version: 2 }, []);

describe('a scheduled drill', () => {
  test('begins at once in business hours, once, as it was ordered', async () => {
    await until('tue 10:00');
    const outcome = await (await start()).result();
    expect(begun.map(({ at }) => clock(at))).toEqual(['tue 10:00']);
    expect(begun[0]).toMatchObject({ order, id: outcome.drill });
    expect(ports.messages).toEqual([]);
  });

  test('that falls on a weekend begins when business hours open next', async () => {
    await until('sat 12:00');
    await (await start()).result();
    expect(begun.map(({ at }) => clock(at))).toEqual(['mon 09:00']);
  });

  test('is put off while a live incident is open, and begins an hour later when it is over', async () => {
    await until('wed 10:00');
    const live = await anOpenIncident('INC-LIVE-1');
    const drill = await start();
    await until('wed 10:30');
    expect(begun).toEqual([]);
    await close(live);
    await drill.result();
    expect(begun.map(({ at }) => clock(at))).toEqual(['wed 11:00']);
  });

  test('is not put off by another drill', async () => {
    await until('thu 10:00');
    const practice = await anOpenIncident('INC-DRILL-1', { drill: true });
    await (await start()).result();
    expect(begun.map(({ at }) => clock(at))).toEqual(['thu 10:00']);
    await close(practice);
  });

  test('is skipped before business hours end, and the channel reads why', async () => {
    await until('fri 14:30');
    const live = await anOpenIncident('INC-LIVE-2');
    const drill = await start();
    await until('fri 15:45');
    expect(ports.messages).toEqual([]);
    expect(await drill.result()).toEqual({
      drill: null,
      because: 'INC-LIVE-2 is open, and business hours end before an hour has passed',
    });
    expect(begun).toEqual([]);
    expect(ports.messages).toMatchObject([
      { room: '#incidents', text: expect.stringContaining('INC-LIVE-2 is open, and business hours end') },
    ]);
    expect(warnings).toEqual(['a scheduled drill did not take place']);
    await close(live);
  });

  test('that nobody can play any more is skipped with the reason, and not tried for hours', async () => {
    await until('mon 11:00');
    refusal = new InvalidInput('there is no pack old; use one of guide');
    expect(await (await start()).result()).toEqual({ drill: null, because: 'there is no pack old; use one of guide' });
    expect(ports.messages.map(({ text }) => text)).toEqual([
      'The scheduled drill bad-release did not take place: there is no pack old; use one of guide. The next one comes by its schedule.',
    ]);
  });
});
