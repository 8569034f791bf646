/** Activities as a worker runs them, with a real store and vendors that are played. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type Dependencies } from '../../activities/create-activities.ts';
import type { Activities, IncidentContext } from '../../activities/index.ts';
import type { Connections } from '../../src/integrations/integration.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { guide } from './builders.ts';
import { type RecordingPorts, recordingPorts } from './ports.ts';
import { testDatabase } from './postgres.ts';
import { sandboxOrganisation } from './sandbox-organisation.ts';

type Name = keyof Activities;

export interface ActivityWorld {
  ports: RecordingPorts;
  store: Store;
  organisation: Organisation;
  /** One attempt, the first unless said otherwise, with the time it has. */
  run<Verb extends Name>(
    name: Verb,
    given: Parameters<Activities[Verb]>[0],
    how?: { attempt?: number; startToCloseTimeoutMs?: number },
  ): Promise<Awaited<ReturnType<Activities[Verb]>>>;
  /** What was logged at `error` and `warn`. */
  complaints: string[];
}

export interface ActivityWorldOptions {
  organisation?: Organisation;
  connections?: Connections;
  store?: (store: Store) => Store;
  dependencies?: Partial<Dependencies>;
}

let opened: Promise<Store> | undefined;

/** One database per test file: keys keep tests apart, as they keep incidents apart. */
export const activityWorld = async (options: ActivityWorldOptions = {}): Promise<ActivityWorld> => {
  opened ??= testDatabase().then(({ url }) => openStore(url));
  const real = await opened;
  const store = options.store?.(real) ?? real;
  const ports = recordingPorts();
  const organisation = options.organisation ?? sandboxOrganisation;
  const complaints: string[] = [];
  const complain = (_: object, words: string): void => {
    complaints.push(words);
  };
  const activities = createActivities({
    store,
    packs: new Map([[guide.pack, guide]]),
    packDefault: guide.pack,
    organisation,
    connect: () => options.connections ?? ports.connections,
    webUrl: 'http://muster.example',
    mailFrom: 'muster@lanternfish.example',
    log: { info: () => undefined, warn: complain, error: complain },
    ...options.dependencies,
  });
  return {
    ports,
    store,
    organisation,
    complaints,
    run: (name, given, how = {}) => {
      const environment = new MockActivityEnvironment(
        { attempt: 1, startToCloseTimeoutMs: 15_000, ...how },
        { logger: new DefaultLogger('ERROR') },
      );
      // The name and its argument fit together by the signature of `run`.
      const verb = activities[name] as (argument: unknown) => Promise<never>;
      return environment.run(verb, given);
    },
  };
};

let incidentCount = 0;

/** A new incident of its own number. */
export const anIncidentContext = (more: Partial<IncidentContext> = {}): IncidentContext => {
  incidentCount += 1;
  return {
    incidentId: `INC-2026-${String(100 + incidentCount)}`,
    title: 'Checkout fails',
    pack: guide.pack,
    severity: 'SEV1',
    rank: 1,
    service: 'checkout',
    team: null,
    drill: false,
    speed: 1,
    declaredAt: '2026-11-20T10:00:00.000Z',
    ...more,
  };
};
