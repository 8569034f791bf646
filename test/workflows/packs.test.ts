/**
 * Every figure of the five documents on real workflow timers. Declared on a Tuesday at 10:00, inside business hours, for a
 * service that customers see; minutes count from there. Read a row beside the document it stands for.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulate } from '../../src/domain/incident/simulate.ts';
import { loadPacks, policyFor } from '../../src/packs/load.ts';
import { momentsFor } from '../../src/packs/moments.ts';
import { simulationOf } from '../../src/packs/simulation.ts';
import { acknowledge, resolve } from '../../workflows/messages.ts';
import { minutesMs } from '../support/builders.ts';
import { dutyOrganisation } from '../support/duty-organisation.ts';
import { type IncidentWorld, incidentWorld, type LiveIncident } from '../support/incident-world.ts';
import { livedSchedule, type Schedule, simulatedSchedule } from '../support/pack-schedule.ts';

/** `pages` when nobody acknowledges; `pagesOnceAcknowledged` when somebody does after a minute. Nothing else differs. */
type Row = Schedule & { pagesOnceAcknowledged: string };

const documents: Record<string, Record<string, Row>> = {
  'playbook-p0-p3': {
    P0: {
      pages:
        '0 on-call by pager, 0 secondary by pager, 10 secondary by pager, 20 engineering-manager by pager, 30 vp-engineering by pager, 60 ceo by pager',
      pagesOnceAcknowledged: '0 on-call by pager, 0 secondary by pager, 30 vp-engineering by pager, 60 ceo by pager',
      told: '0 team by chat',
      internal: '15, 30, 45, 60',
      public: '0, 15, 30, 45, 60, 61, 91',
      hold: '61 to 91',
      archive: '1531',
      watch: '2971',
      review: '6 d 09:00',
      document: '7 d 11:31',
    },
    P1: {
      pages: '0 on-call by pager, 10 secondary by pager, 20 engineering-manager by pager, 30 vp-engineering by pager',
      pagesOnceAcknowledged: '0 on-call by pager, 30 vp-engineering by pager',
      told: '0 team by chat',
      internal: '30, 60',
      public: '0, 30, 60, 61, 91',
      hold: '61 to 91',
      archive: '1531',
      watch: '1531',
      review: '6 d 09:00',
      document: '7 d 11:31',
    },
    P2: {
      pages: '60 on-call by pager',
      pagesOnceAcknowledged: 'none',
      told: '0 on-call by direct',
      internal: '60',
      public: 'none',
      hold: '61 to 91',
      archive: '1531',
      watch: '1531',
      review: '6 d 09:00',
      document: '7 d 11:31',
    },
    P3: {
      pages: 'none',
      pagesOnceAcknowledged: 'none',
      told: '0 team by chat, 0 team by ticket',
      internal: 'none',
      public: 'none',
      hold: '1441 to 1471',
      archive: 'none',
      watch: '2911',
      review: '7 d 09:00',
      document: '8 d 10:31',
    },
  },
  'guide-sev1-sev3': {
    SEV1: {
      pages: '0 on-call by pager, 5 on-call-lead by pager, 15 engineering-manager by pager, 30 vp-engineering by pager',
      pagesOnceAcknowledged: '0 on-call by pager',
      told: '0 incident-notify by chat, 0 engineering by chat, 0 support by chat, 0 leadership by chat, 0 customer-success by chat',
      internal: '15, 30, 45, 60',
      public: '0, 15, 30, 45, 60, 61, 76',
      hold: '61 to 76',
      archive: '1516',
      watch: '2956',
      review: '1 d 09:00',
      document: '7 d 17:00',
    },
    SEV2: {
      pages: '0 on-call by pager, 5 on-call-lead by pager, 15 engineering-manager by pager',
      pagesOnceAcknowledged: '0 on-call by pager',
      told: '0 incident-notify by chat, 0 on-call-team by chat, 0 support-lead by chat, 0 affected-team-lead by chat',
      internal: '30, 60',
      public: '0, 30, 60, 61, 76',
      hold: '61 to 76',
      archive: '1516',
      watch: '1516',
      review: '1 d 09:00',
      document: '7 d 17:00',
    },
    SEV3: {
      pages: '0 on-call by pager, 5 on-call-lead by pager, 15 engineering-manager by pager',
      pagesOnceAcknowledged: '0 on-call by pager',
      told: '0 incident-notify by chat, 0 on-call-team by chat, 0 squad by chat',
      internal: '60',
      public: '0, 60, 61, 91',
      hold: '61 to 91',
      archive: '1531',
      watch: '1531',
      review: '1 d 09:00',
      document: '7 d 17:00',
    },
  },
  'workflow-p1-p4': {
    P1: {
      pages: '0 incident-commander by pager, 0 on-call by pager, 15 engineering-manager by pager',
      pagesOnceAcknowledged: '0 incident-commander by pager, 0 on-call by pager',
      told: '0 leadership by chat',
      internal: '15, 30, 45, 60',
      public: '0, 30, 60, 61, 91',
      hold: '61 to 91',
      archive: '1531',
      watch: '2971',
      review: '1 d 09:00',
      document: '2 d 11:31',
    },
    P2: {
      pages: 'none',
      pagesOnceAcknowledged: 'none',
      told: '0 team by chat, 0 leadership by chat',
      internal: '30, 60',
      public: '0, 30, 60, 61, 91',
      hold: '61 to 91',
      archive: '1531',
      watch: '1531',
      review: '1 d 09:00',
      document: '2 d 11:31',
    },
    P3: {
      pages: 'none',
      pagesOnceAcknowledged: 'none',
      told: '0 team by chat',
      internal: 'none',
      public: 'none',
      hold: '241 to 271',
      archive: 'none',
      watch: '1711',
      review: '1 d 09:00',
      document: '2 d 14:31',
    },
    P4: {
      pages: 'none',
      pagesOnceAcknowledged: 'none',
      told: '0 team by ticket',
      internal: 'none',
      public: 'none',
      hold: '1441 to 1471',
      archive: 'none',
      watch: '2911',
      review: '2 d 09:00',
      document: '3 d 10:31',
    },
  },
  'platform-p0-p3': {
    P0: {
      pages: '0 on-call by pager, 15 team-lead by pager, 30 engineering-manager by pager',
      pagesOnceAcknowledged: '0 on-call by pager',
      told: '0 platform-alerts by chat, 0 leadership by chat',
      internal: '30, 60',
      public: '0, 30, 60, 61, 183',
      hold: '61 to 183',
      archive: '1623',
      watch: '3063',
      review: '1 d 09:00',
      document: '7 d 13:03',
    },
    P1: {
      pages: '0 on-call by pager, 60 team-lead by pager',
      pagesOnceAcknowledged: '0 on-call by pager',
      told: '0 platform-alerts by chat, 0 leadership by chat',
      internal: '60',
      public: '0, 60, 61, 183',
      hold: '61 to 183',
      archive: '1623',
      watch: '1623',
      review: '1 d 09:00',
      document: '7 d 13:03',
    },
    P2: {
      pages: 'none',
      pagesOnceAcknowledged: 'none',
      told: '0 platform-alerts by chat',
      internal: 'none',
      public: 'none',
      hold: '241 to 723',
      archive: 'none',
      watch: '2163',
      review: '1 d 09:00',
      document: '7 d 22:03',
    },
    P3: {
      pages: 'none',
      pagesOnceAcknowledged: 'none',
      told: '0 platform-alerts by ticket',
      internal: 'none',
      public: 'none',
      hold: '1861 to 3301',
      archive: 'none',
      watch: '4741',
      review: '3 d 09:00',
      document: '9 d 17:01',
    },
  },
  'runbook-p0-p3': {
    P0: {
      pages:
        '0 on-call by pager, 0 secondary by pager, 5 team-lead by pager, 15 engineering-manager by pager, 30 vp-engineering by pager, 45 cto by pager',
      pagesOnceAcknowledged:
        '0 on-call by pager, 0 secondary by pager, 5 team-lead by pager, 15 engineering-manager by pager, 30 vp-engineering by pager, 45 cto by pager',
      told: '0 cto by direct, 0 vp-engineering by direct',
      internal: '15, 30, 45, 60',
      public: '5, 35, 61, 91',
      hold: '61 to 91',
      archive: '1531',
      watch: '2971',
      review: '1 d 09:00',
      document: '2 d 11:31',
    },
    P1: {
      pages: '0 on-call by pager, 30 team-lead by pager, 120 engineering-manager by pager',
      pagesOnceAcknowledged: '0 on-call by pager, 30 team-lead by pager, 120 engineering-manager by pager',
      told: '0 team-lead by direct, 0 cto by direct, 0 vp-engineering by direct',
      internal: '30, 60, 90, 120',
      public: '10, 70, 121, 151',
      hold: '121 to 151',
      archive: 'none',
      watch: '1591',
      review: '1 d 09:00',
      document: '2 d 12:31',
    },
    P2: {
      pages: '0 on-call by pager, 120 team-lead by pager',
      pagesOnceAcknowledged: '0 on-call by pager, 120 team-lead by pager',
      told: '0 on-call by direct',
      internal: '120',
      public: '10, 121, 151',
      hold: '121 to 151',
      archive: 'none',
      watch: '1591',
      review: '1 d 09:00',
      document: '2 d 12:31',
    },
    P3: {
      pages: '480 team-lead by pager',
      pagesOnceAcknowledged: '480 team-lead by pager',
      told: '0 team by ticket',
      internal: '1440',
      public: '10, 1441, 1471',
      hold: '1441 to 1471',
      archive: 'none',
      watch: '2911',
      review: '2 d 09:00',
      document: '3 d 10:31',
    },
  },
};

const organisation = dutyOrganisation();
const packs = loadPacks([], organisation, Object.keys(documents));
const tuesday = 2;
const acknowledgedAfter = 1;

interface Played {
  severity: string;
  acknowledged: boolean;
  incident: LiveIncident;
  declaredAt: string;
}

describe.each(Object.entries(documents))('%s keeps its document', (id, rows) => {
  const pack = packs.get(id);
  if (!pack) throw new Error(`there is no pack ${id}`);
  let world: IncidentWorld;
  let played: Played[] = [];

  beforeAll(async () => {
    world = await incidentWorld({ organisation, packs: [pack] });
    await untilTuesdayAtTen(world);
    for (const severity of Object.keys(rows)) {
      for (const acknowledged of [false, true]) played = [...played, await declare(severity, acknowledged)];
    }
    const deeds = played.flatMap((one) => {
      const row = rows[one.severity];
      const over = { minute: Number(row?.hold.split(' ')[0]), act: () => one.incident.order(resolve, {}) };
      const answer = { minute: acknowledgedAfter, act: () => one.incident.order(acknowledge, {}) };
      return one.acknowledged ? [answer, over] : [over];
    });
    for (const { minute, act } of deeds.toSorted((one, other) => one.minute - other.minute)) {
      await played[0]?.incident.untilMinute(minute);
      await act();
    }
    await world.environment.sleep(minutesMs(12 * 1_440));
  }, 240_000);
  afterAll(() => world?.close(), 30_000);

  const declare = async (severity: string, acknowledged: boolean): Promise<Played> => {
    const declaredAt = new Date(await world.environment.currentTimeMs()).toISOString();
    const policy = policyFor(pack);
    const moments = momentsFor(policy, organisation, declaredAt);
    const incident = await world.declare({ severity, service: 'checkout', policy, moments, declaredAt });
    return { severity, acknowledged, incident, declaredAt };
  };

  const scheduleOf = async (
    severity: string,
    acknowledged: boolean,
  ): Promise<{ lived: Schedule; declaredAt: string }> => {
    const found = played.find((one) => one.severity === severity && one.acknowledged === acknowledged);
    if (!found) throw new Error(`${severity} was not played`);
    const followUp = await world.store.followUps.followUp(found.incident.id);
    return {
      lived: livedSchedule(found.declaredAt, await found.incident.timeline(), followUp),
      declaredAt: found.declaredAt,
    };
  };

  test.each(Object.entries(rows))('%s that nobody acknowledges', async (severity, row) => {
    const { pagesOnceAcknowledged: _, ...expected } = row;
    expect((await scheduleOf(severity, false)).lived).toEqual(expected);
  });

  test.each(Object.entries(rows))('%s that is acknowledged after a minute and not resolved', async (severity, row) => {
    const { pagesOnceAcknowledged: pages, ...expected } = row;
    expect((await scheduleOf(severity, true)).lived).toEqual({ ...expected, pages });
  });

  test.each(Object.keys(rows).flatMap((severity) => [null, acknowledgedAfter].map((minute) => ({ severity, minute }))))(
    'the simulation of $severity, acknowledged at $minute, says what the workflow did',
    async ({ severity, minute }) => {
      const { lived, declaredAt } = await scheduleOf(severity, minute !== null);
      const items = simulate(
        simulationOf({
          pack,
          organisation,
          severity,
          service: 'checkout',
          at: declaredAt,
          acknowledgedAfterMs: minute === null ? null : minutesMs(minute),
          mitigatedAfterMs: null,
        }),
      );
      expect(simulatedSchedule(items)).toEqual(lived);
    },
  );
});

const untilTuesdayAtTen = async ({ environment }: IncidentWorld): Promise<void> => {
  const now = new Date(await environment.currentTimeMs());
  const start = new Date(now);
  start.setUTCHours(10, 0, 0, 0);
  while (start.getUTCDay() !== tuesday || start <= now) start.setUTCDate(start.getUTCDate() + 1);
  await environment.sleep(start.getTime() - now.getTime());
};
