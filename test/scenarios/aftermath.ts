/** What must be true of an incident however often anything died under it. */
import { calendarOf } from '../../src/domain/on-call/business-time.ts';
import { checkDrill } from '../../src/embedded/drill-checks.ts';
import { receivedFor } from '../../src/embedded/drill-client.ts';
import { loadPacks } from '../../src/packs/load.ts';
import type { IncidentView, TimelineItem, TimelineKind } from '../../src/schema/incident.ts';
import type { EffectRow } from '../../src/store/store.ts';
import { sandboxOrganisation as rules } from '../support/sandbox-organisation.ts';
import type { Product } from './product.ts';

/** Deaths cost time, and at a drill's speed a second is more than a minute; everything else must hold as ever. */
const notJudged = [
  'somebody was paged within a minute of the alert',
  'acknowledged within the target of the pack',
  'customers were told in time',
  'every promised update came in time',
  // Two holding texts of one minute read the same at this speed; the ledger knows them apart, see below.
  'no status post is doubled',
];
const oncePerIncident: TimelineKind[] = [
  'declared',
  'roomOpened',
  'remediationApplied',
  'remediationVerified',
  'resolved',
  'reviewBooked',
  'postmortemDrafted',
];
const publicOrder = ['investigating', 'identified', 'monitoring', 'resolved'];
const open: EffectRow['status'][] = ['intent', 'started', 'unknown'];
const packs = loadPacks([]);

/** Resolved, its room open, the review booked, the draft written, and nothing of the ledger left in the air. */
export const untilOver = async (product: Product, id: string, limitMs = 180_000): Promise<void> => {
  const isOver = product.until(
    `${id} is resolved and everything is told`,
    async () => {
      const incident = await product.incident(id);
      if (incident.resolvedAt === null || incident.room === null) return false;
      if ((await product.client.followUp(id))?.reviewAt == null) return false;
      if (!(await product.client.timeline(id)).some(({ kind }) => kind === 'postmortemDrafted')) return false;
      const posts = (await product.client.state()).statusPosts.filter(({ at }) => at >= incident.declaredAt);
      if (posts.at(-1)?.status !== 'resolved') return false;
      const ledger = await product.ledger(id);
      return ledger.every(({ status }) => status === 'applied' || status === 'verified');
    },
    limitMs,
  );
  await isOver.catch(async (error: unknown) => {
    const lines = await storyOf(product, [await product.incident(id)]);
    const left = (await product.ledger(id)).filter(({ status }) => open.includes(status));
    throw new Error([String(error), ...lines, ...left.map(({ key, status }) => `${key} is ${status}`)].join('\n'));
  });
};

/** One sentence per fault; none when all is well. The sandbox's counts must have been set to 0 before the alert. */
export const faultsAfter = async (product: Product, id: string): Promise<string[]> => {
  const { client } = product;
  const incident = await product.incident(id);
  const pack = packs.get(incident.pack);
  if (!pack) throw new Error(`there is no pack ${incident.pack}`);
  const timeline = await client.timeline(id);
  const received = await receivedFor(client, incident, { cluster: 0, database: 0 });
  const verdicts = checkDrill({
    incident,
    timeline,
    remediations: await client.remediations(id),
    followUp: await client.followUp(id),
    postmortem: await client.postmortem(id),
    pack,
    calendar: calendarOf(rules),
    customerFacing: rules.services[incident.service ?? '']?.customerFacing ?? null,
    healsItself: false,
    received,
  }).filter(({ check, holds }) => !holds && !notJudged.includes(check));
  const { rooms = 0, kubeChanges = 0 } = await product.effects();
  const statuses = received.statusPosts.map(({ status }) => publicOrder.indexOf(status));
  const ledger = await product.ledger(id);
  const publicSteps = ledger.filter(({ kind }) => kind === 'status').length;
  const later = (await client.incidents()).filter((other) => other.declaredAt > incident.declaredAt);
  const faults = [
    ...verdicts.map(({ check, figure }) => `not so: ${check} (${figure})`),
    ...(received.pages.length === 0 ? ['nobody was paged'] : []),
    ...(kubeChanges === 1 ? [] : [`the cluster was changed ${kubeChanges} times`]),
    ...(rooms === 1 ? [] : [`${rooms} rooms were opened`]),
    ...(statuses.every((status, at) => at === 0 || status >= (statuses[at - 1] ?? 0))
      ? []
      : [`public posts out of order: ${received.statusPosts.map(({ status }) => status).join(', ')}`]),
    ...(received.statusPosts.filter(({ status }) => status === 'resolved').length === 1
      ? []
      : ['customers were not told exactly once that it is over']),
    ...(received.statusPosts.length === publicSteps
      ? []
      : [`customers read ${received.statusPosts.length} posts, the ledger has ${publicSteps}`]),
    ...later.map((other) => `the alert opened ${other.id} as well`),
    ...told(timeline),
    ...ledger
      .filter(({ status }) => open.includes(status))
      .map(({ key, status }) => `${key} is ${status} in the ledger`),
  ];
  return faults.length === 0 ? [] : [...faults, ...(await storyOf(product, [incident, ...later]))];
};

/** For whoever reads a failure: what the timelines say, newest incident last. */
const storyOf = async (product: Product, incidents: IncidentView[]): Promise<string[]> => {
  const told = await Promise.all(incidents.map(({ id }) => product.client.timeline(id)));
  return told.flatMap((timeline, at) => [
    `${incidents[at]?.id} ${incidents[at]?.status} ${incidents[at]?.continues}`,
    ...timeline
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .map(({ at, kind, text }) => `  ${at} ${kind}: ${text.slice(0, 160)}`),
  ]);
};

const told = (timeline: TimelineItem[]): string[] => [
  ...oncePerIncident.flatMap((kind) => {
    const count = timeline.filter((entry) => entry.kind === kind).length;
    return count === 1 ? [] : [`the timeline says ${kind} ${count} times`];
  }),
  ...twice(timeline.map(({ key }) => key)).map((key) => `${key} is in the timeline twice`),
];

const twice = (values: string[]): string[] => values.filter((value, at) => values.indexOf(value) !== at);
