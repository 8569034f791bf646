import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createActivities, type Dependencies } from '../../activities/create-activities.ts';
import type { AdmittedIncident, RemediationActivities, ServiceFacts } from '../../activities/index.ts';
import { serviceFacts } from '../../src/packs/load.ts';
import type { IncidentView, TimelineItem } from '../../src/schema/incident.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { PackDocument } from '../../src/schema/policy.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { heartbeats } from '../../worker/heartbeats.ts';
import type { incident } from '../../workflows/index.ts';
import type { Command, command } from '../../workflows/messages.ts';
import { atRest, atRestDo } from './at-rest.ts';
import { anAdmission, guide } from './builders.ts';
import { anOrganisation } from './organisation.ts';
import { type RecordingPorts, recordingPorts } from './ports.ts';
import { testDatabase } from './postgres.ts';
import { realTemporal, timeSkipping, workflowBundle } from './time-skipping.ts';

/**
 * The real workflows, the real activities and a real store on a clock that jumps; only the vendors' ports are played.
 * Minutes are minutes of the incident that was declared last.
 */
export interface IncidentWorld {
  environment: TestWorkflowEnvironment;
  store: Store;
  ports: RecordingPorts;
  organisation: Organisation;
  declare(more?: Partial<AdmittedIncident>): Promise<LiveIncident>;
  /** Stops every worker in order and starts others in their place; they must be forgetful. */
  restartWorkers(): Promise<void>;
  close(): Promise<void>;
}

export interface LiveIncident {
  id: string;
  handle: WorkflowHandle<typeof incident>;
  /** Lets the incident live until that minute after its declaration. */
  untilMinute(minute: number): Promise<void>;
  order<C extends Command>(
    definition: ReturnType<typeof command<C>>,
    order: Omit<C, 'by'> & Partial<Command>,
  ): Promise<IncidentView>;
  /** `person` of every page at the vendor, in order of ringing. */
  phones(): string[];
  timeline(): Promise<TimelineItem[]>;
  /** `minute kind` of the entries of these kinds, or of all. */
  story(...kinds: string[]): Promise<string[]>;
  view(): Promise<IncidentView>;
  facts: ServiceFacts | null;
}

export interface WorldOptions {
  organisation?: Partial<Organisation>;
  /** The guide's when absent. */
  packs?: PackDocument[];
  /** Activities of the queue `muster-remediation`; without them no service may name a workload. */
  remediation?: (parts: { store: Store; organisation: Organisation; ports: RecordingPorts }) => RemediationActivities;
  /** Temporal's own server, whose clock does not jump. */
  realTemporal?: boolean;
  /** Every workflow task begins from the whole history, as after a restart of the worker. */
  forgetful?: boolean;
  /** Further activities of the queue `muster`. */
  more?: (dependencies: Dependencies, environment: TestWorkflowEnvironment) => object;
}

let incidentCount = 0;

export const incidentWorld = async (options: WorldOptions = {}): Promise<IncidentWorld> => {
  const [environment, { url }, workflows] = await Promise.all([
    options.realTemporal ? realTemporal() : timeSkipping(),
    testDatabase(),
    workflowBundle(),
  ]);
  const store = await openStore(url);
  const ports = recordingPorts();
  const organisation = anOrganisation(options.organisation);
  const dependencies: Dependencies = {
    store,
    packs: new Map((options.packs ?? [guide]).map((pack) => [pack.pack, pack])),
    packDefault: guide.pack,
    organisation,
    connect: () => ports.connections,
    webUrl: 'http://muster.test',
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  };
  const activities = { ...createActivities(dependencies), ...options.more?.(dependencies, environment) };
  const { nativeConnection: connection } = environment;
  // Without it an activity that a busy machine takes ten seconds for would be begun a second time.
  const interceptors = { activity: [heartbeats] };
  const startWorkers = async (): Promise<() => Promise<void>> => {
    const workers = [
      await Worker.create({
        connection,
        taskQueue: 'muster',
        workflowBundle: workflows,
        activities,
        interceptors,
        ...(options.forgetful ? { maxCachedWorkflows: 0 } : {}),
      }),
    ];
    if (options.remediation) {
      const activities = options.remediation({ store, organisation, ports });
      workers.push(await Worker.create({ connection, taskQueue: 'muster-remediation', activities, interceptors }));
    }
    const runs = Promise.all(workers.map((one) => one.run()));
    return async () => {
      for (const one of workers) one.shutdown();
      await runs;
    };
  };
  let stopWorkers = await startWorkers();

  const declare = async (more: Partial<AdmittedIncident> = {}): Promise<LiveIncident> => {
    incidentCount += 1;
    const id = more.incidentId ?? `INC-TEST-${String(incidentCount).padStart(3, '0')}`;
    const startedAt = await environment.currentTimeMs();
    const facts = serviceFacts(organisation, more.service ?? null);
    const admission = anAdmission({
      declaredAt: new Date(startedAt).toISOString(),
      catalogue: facts,
      ...more,
      incidentId: id,
    });
    const handle = await environment.client.workflow.start<typeof incident>('incident', {
      taskQueue: 'muster',
      workflowId: id,
      args: [admission],
    });
    const minute = (at: string) => Math.round((Date.parse(at) - startedAt) / 60_000);
    const timeline = () => store.incidents.timeline(id);
    return {
      id,
      handle,
      facts,
      untilMinute: async (until) => {
        await atRest(handle);
        const left = startedAt + until * 60_000 - (await environment.currentTimeMs());
        await environment.sleep(Math.max(1, left));
      },
      order: async (definition, order) => {
        const by = { kind: 'person', id: 'robin', name: 'Robin' };
        const send = () => handle.executeUpdate(definition, { args: [{ by, ...order }] as never });
        return atRestDo(environment, handle, send);
      },
      phones: () =>
        ports.pages
          .filter((page) => page.dedupKey.startsWith(`${id}/`))
          .map((page) => page.dedupKey.split('/').at(-1) ?? ''),
      timeline,
      story: async (...kinds) =>
        (await timeline())
          .filter((entry) => kinds.length === 0 || kinds.includes(entry.kind))
          .map((entry) => `${minute(entry.at)} ${kinds.length === 1 ? entry.text : entry.kind}`),
      view: () => handle.query<IncidentView>('view'),
    };
  };

  return {
    environment,
    store,
    ports,
    organisation,
    declare,
    restartWorkers: async () => {
      if (!options.forgetful) throw new Error('what the old worker holds is lost on this server; say forgetful');
      await stopWorkers();
      stopWorkers = await startWorkers();
    },
    close: async () => {
      await stopWorkers();
      await store.close();
      await environment.teardown();
    },
  };
};
