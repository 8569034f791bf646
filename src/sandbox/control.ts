/**
 * The sandbox's own API: see the world, break it, press phones. A caller on loopback needs no token as long as it is not a
 * page of a foreign site; anybody else presents the `control` token.
 */
import { sandboxToken } from '../domain/sandbox-token.ts';
import type { Series } from '../schema/evidence.ts';
import { type Faults, readFault } from './faults.ts';
import type { Health } from './health.ts';
import { type Denials, readConfinement, readDenial } from './kubernetes/denials.ts';
import { isReady, revisionAnnotation } from './kubernetes/objects.ts';
import { understand } from './prometheus.ts';
import type { ScenarioBook } from './scenario-book.ts';
import { definitionOf, type Scenario, scenarios } from './scenarios.ts';
import { chatName } from './slack.ts';
import { noEffects, type Page } from './state.ts';
import { answer, asFields, asText, jsonBody, type SandboxAnswer, type SandboxRequest } from './wire.ts';
import type { World } from './world.ts';

/** How much of each curve the page gets. */
const shownMs = 15 * 60_000;
const pointsShownMax = 300;

export interface ControlContext {
  world: World;
  health: Health;
  book: ScenarioBook;
  faults: Faults;
  denials: Denials;
  secret: string;
  hasDatabase: boolean;
  press: (page: Page) => void;
}

/** Null: not one of ours. `isTrusted` says that the caller is local or has the token. */
export const handleControl = (
  context: ControlContext,
  request: SandboxRequest,
  isTrusted: boolean,
): SandboxAnswer | null => {
  const { world } = context;
  const [, first = '', second, third] = request.path.split('/');
  const route = `${request.method} /${first}${second === undefined ? '' : '/:'}${third === undefined ? '' : `/${third}`}`;
  if (route === 'GET /healthz') return answer(200, { status: 'ok' });
  const perform = Object.hasOwn(routes, route) ? routes[route] : undefined;
  if (!perform) return null;
  if (!isTrusted)
    return answer(401, { error: 'present the control token of this sandbox, or call from its own machine' });
  world.nowMs();
  return perform(context, { name: decodeURIComponent(second ?? ''), body: asFields(jsonBody(request)) ?? {} });
};

type Route = (context: ControlContext, given: { name: string; body: Record<string, unknown> }) => SandboxAnswer;

const routes: Record<string, Route> = {
  'GET /state': (context) => answer(200, shownState(context)),
  'GET /pace': ({ world }) => answer(200, { speed: world.state.speed }),
  'GET /effects': ({ world }) => answer(200, world.state.effects),
  'GET /people': ({ world, secret }) =>
    answer(
      200,
      Object.entries(world.organisation.people).map(([id, person]) => ({
        id,
        name: person.name,
        roles: person.roles,
        token: sandboxToken(secret, `person:${id}`),
      })),
    ),
  'GET /scenarios': (context) =>
    answer(
      200,
      scenarios.map((scenario) => {
        const { name, title, breaks, service, remedy } = scenario;
        const run = context.world.state.runs.findLast((other) => other.name === name);
        const phase = run && run.phase !== 'ended' ? run.phase : 'idle';
        const obstacle = obstacleTo(scenario, context);
        return { name, title, breaks, service, healsItself: remedy === null, phase, obstacle };
      }),
    ),
  'POST /scenarios/:': (context, { name, body }) => {
    const { book } = context;
    const scenario = scenarios.find((other) => other.name === name);
    if (!scenario) {
      const known = scenarios.map((other) => other.name).join(', ');
      return answer(404, { error: `there is no scenario ${name.slice(0, 60)}; there are ${known}` });
    }
    const obstacle = obstacleTo(scenario, context);
    if (obstacle !== null) return answer(400, { error: obstacle });
    const speed = body.speed ?? 1;
    if (typeof speed !== 'number' || !(speed >= 1 && speed <= 600)) {
      return answer(400, { error: 'speed is a number from 1 to 600' });
    }
    const { run, isNew } = book.start(scenario, {
      drill: asText(body.drill),
      speed,
      people: body.people === true,
      severity: asText(body.severity)?.toLowerCase() ?? null,
    });
    return answer(isNew ? 201 : 200, {
      id: run.id,
      name: run.name,
      drill: run.drill,
      startedAt: new Date(run.startedAtMs).toISOString(),
    });
  },
  'POST /pages/:/acknowledge': ({ world, press }, { name }) => {
    const page = world.state.pages.find((other) => other.id === name);
    if (!page) return answer(404, { error: 'no such page' });
    if (page.status === 'resolved') return answer(409, { error: 'this page is over' });
    press(page);
    return answer(200, shownPage(page));
  },
  'POST /faults': ({ faults }, { body }) => {
    const fault = readFault(body);
    if (!fault)
      return answer(400, {
        error: 'a fault is {path: "/kube/...", method?, kind: dropAfterApply|dropBeforeApply|status, status?, times?}',
      });
    faults.add(fault);
    return answer(201, fault);
  },
  'GET /faults': ({ faults }) => answer(200, faults.all),
  'DELETE /faults': ({ faults }) => {
    faults.clear();
    return answer(204);
  },
  'POST /denials': ({ denials }, { body }) => {
    const confinement = readConfinement(body);
    if (confinement) {
      denials.confine(confinement);
      return answer(201, confinement);
    }
    const denial = readDenial(body);
    if (!denial)
      return answer(400, {
        error: 'a denial is {resource: "pods/eviction", verb?, group?, namespace?} or {account, namespace, rules}',
      });
    denials.add(denial);
    return answer(201, denial);
  },
  'DELETE /denials': ({ denials }) => {
    denials.clear();
    return answer(204);
  },
  'POST /reset': ({ world, book, faults, denials, health }, { body }) => {
    book.repair();
    world.healCluster();
    health.jump(world.nowMs());
    faults.clear();
    denials.clear();
    if (body.forget === true) world.forget();
    return answer(200, { status: 'healthy' });
  },
  'DELETE /effects': ({ world }) => {
    world.state.effects = noEffects();
    world.changed('fromOutside');
    return answer(204);
  },
};

/** Why it cannot be played here, for people; null: it can. */
const obstacleTo = ({ name, needsDatabase }: Scenario, { hasDatabase }: ControlContext): string | null =>
  needsDatabase && !hasDatabase
    ? `${name} happens in a real database, and the sandbox has none here: start Muster with the embedded PostgreSQL, without DATABASE_URL`
    : null;

const shownPage = (page: Page) => ({
  id: page.id,
  dedupKey: page.dedupKey,
  to: page.to,
  person: page.person,
  at: page.at,
  status: page.status,
  acknowledgedAt: page.acknowledgedAt,
  summary: page.summary,
  severity: page.severity,
  links: page.links,
  details: page.details,
  triggers: page.triggers,
});

const shownState = (context: ControlContext) => {
  const { world } = context;
  const { state, organisation, cluster } = world;
  return {
    pages: state.pages.map(shownPage),
    channels: state.channels.map((channel) => ({
      id: channel.id,
      name: channel.name,
      kind: channel.kind,
      archived: channel.isArchived,
      topic: channel.topic,
      members: channel.members.map((member) => chatName(organisation, member)),
      messages: channel.messages.map((message) => ({
        at: new Date(Number(message.ts) * 1_000).toISOString(),
        from: chatName(organisation, message.user),
        name: chatName(organisation, message.user),
        text: message.text,
        key: asText(message.metadata?.event_payload.key),
      })),
    })),
    statusPosts: state.statusIncidents
      .flatMap((incident) =>
        [...incident.updates].reverse().map(({ id, status, body, at }) => ({
          id,
          status,
          body,
          at,
          name: incident.name,
          incident: incident.id,
        })),
      )
      .sort((left, right) => (left.at < right.at ? -1 : 1)),
    components: state.components,
    deployments: cluster.store.deployments().map((deployment) => ({
      namespace: deployment.metadata.namespace,
      name: deployment.metadata.name,
      image: deployment.spec.template.spec.containers[0]?.image ?? '',
      revision: Number(deployment.metadata.annotations?.[revisionAnnotation] ?? 0),
      replicas: deployment.spec.replicas,
      ready: deployment.status.readyReplicas ?? 0,
    })),
    mails: state.mails.map(({ id, to, subject, at, text, calendar }) => ({ id, to, subject, at, text, calendar })),
    pods: cluster.store.pods().map((pod) => {
      const container = pod.status.containerStatuses?.[0];
      return {
        namespace: pod.metadata.namespace,
        name: pod.metadata.name,
        app: pod.metadata.labels?.app ?? null,
        image: pod.spec.containers[0]?.image ?? '',
        node: pod.spec.nodeName ?? null,
        phase: pod.status.phase,
        ready: isReady(pod),
        restarts: container?.restartCount ?? 0,
        reason: container?.state.waiting?.reason ?? container?.state.terminated?.reason ?? null,
      };
    }),
    metrics: shownMetrics(context),
    series: shownSeries(context),
    scenarios: scenarios.map(({ name, title, breaks, service }) => ({ name, title, breaks, service })),
    runs: state.runs.map(({ id, name, drill, phase, startedAtMs, incidents }) => ({
      id,
      name,
      drill,
      phase,
      startedAt: new Date(startedAtMs).toISOString(),
      incidents,
    })),
    effects: state.effects,
    speed: state.speed,
    now: world.nowIso(),
  };
};

/** Every figure there is, whether or not the catalogue asks for it. */
const shownMetrics = ({ world, health }: ControlContext) =>
  Object.keys(world.state.figures).map((name) => {
    const [kind = '', service = ''] = name.split('/');
    return {
      name,
      service,
      unit: kind === 'latency' ? 'ms' : 'ratio',
      healthyBelow: kind === 'latency' ? 400 : kind === 'connections' ? 0.8 : 0.01,
      value: health.now(name),
      points: recentPoints(world, name),
    };
  });

const recentPoints = (world: World, figure: string): { at: string; value: number }[] => {
  const sinceMs = world.nowMs() - shownMs;
  const samples = (world.state.samples[figure] ?? []).filter(([atMs]) => atMs >= sinceMs);
  const step = Math.max(1, Math.ceil(samples.length / pointsShownMax));
  return samples
    .filter((_, index) => index % step === 0 || index === samples.length - 1)
    .map(([atMs, value]) => ({ at: new Date(atMs).toISOString(), value }));
};

/** The symptoms as the catalogue words them, what is broken first, with the releases as marks in the curve. */
const shownSeries = ({ world, health }: ControlContext): Series[] => {
  const broken = new Set(
    world.state.runs.flatMap((run) => (run.phase === 'ended' ? [] : [definitionOf(run)?.service])),
  );
  const sinceMs = world.nowMs() - shownMs;
  return Object.entries(world.organisation.services)
    .flatMap(([name, service]) => {
      const figure = service.symptom ? understand(service.symptom.query) : null;
      if (!service.symptom || !figure || health.now(figure.figure) === null) return [];
      const { title, unit, healthyBelow } = service.symptom;
      const series = {
        title: `${service.title}: ${title}`,
        unit,
        healthyBelow,
        points: recentPoints(world, figure.figure),
        marks: releaseMarks(world, service.workload?.name ?? name).filter((mark) => Date.parse(mark.at) >= sinceMs),
      };
      return [{ isBroken: broken.has(name), series }];
    })
    .sort((left, right) => Number(right.isBroken) - Number(left.isBroken))
    .map(({ series }) => series);
};

/** A ReplicaSet that grows from nothing is a release, or the way back to one. */
const releaseMarks = (world: World, workload: string): Series['marks'] =>
  world.cluster.store.events().flatMap((event) => {
    const [, name] = /^Scaled up replica set (\S+) from 0 /.exec(event.message) ?? [];
    const set = world.cluster.store.replicaSets().find((other) => other.metadata.name === name);
    if (event.involvedObject.name !== workload || !set) return [];
    return [
      { at: event.lastTimestamp, text: set.spec.template.spec.containers[0]?.image.split('/').at(-1) ?? workload },
    ];
  });
