/** Everything the sandbox remembers: one plain object, so that a restart continues where the last one stopped. */
import type { EndpointsState } from './endpoints.ts';
import type { ClusterState } from './kubernetes/store.ts';
import type { OrdersState } from './orders.ts';

export interface Page {
  id: string;
  number: number;
  routingKey: string;
  dedupKey: string;
  /** Person id of the organisation. */
  person: string;
  to: string;
  at: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  acknowledgedAt: string | null;
  summary: string;
  severity: string;
  source: string;
  links: { href: string; text: string }[];
  details: Record<string, unknown>;
  /** Events received for this page; only the first made the phone ring. */
  triggers: number;
}

export interface ChatMessage {
  ts: string;
  user: string;
  text: string;
  metadata: { event_type: string; event_payload: Record<string, unknown> } | null;
  blocks: unknown;
  editedTs: string | null;
}

export interface Channel {
  id: string;
  name: string;
  kind: 'channel' | 'im' | 'mpim';
  isPrivate: boolean;
  createdMs: number;
  creator: string;
  isArchived: boolean;
  topic: string;
  purpose: string;
  members: string[];
  messages: ChatMessage[];
  pins: string[];
}

export interface StatusUpdate {
  id: string;
  status: string;
  body: string;
  at: string;
}

export interface StatusIncident {
  id: string;
  name: string;
  status: string;
  impact: string;
  createdAt: string;
  updatedAt: string;
  resolvedAt: string | null;
  componentIds: string[];
  metadata: Record<string, unknown>;
  /** Newest first, as the vendor gives them. */
  updates: StatusUpdate[];
}

export interface StatusComponent {
  id: string;
  name: string;
  status: string;
  updatedAt: string;
}

export interface ReceivedMail {
  id: string;
  messageId: string;
  from: string;
  to: string[];
  subject: string;
  at: string;
  text: string;
  /** The text/calendar part as it came; null when the mail has none. */
  calendar: string | null;
  raw: string;
}

/** A figure that moves towards its target: `value` at `atMs`, then exponentially. */
export interface Figure {
  value: number;
  atMs: number;
  target: number;
}

export interface ScenarioRun {
  id: string;
  name: string;
  drill: string | null;
  people: boolean;
  severity: string;
  startedAtMs: number;
  phase: 'quiet' | 'pending' | 'firing' | 'resolved' | 'ended';
  /** When the value went over the threshold, or back under it. */
  sinceMs: number;
  startsAt: string | null;
  lastSentMs: number;
  /** Incident ids from Muster's receipts. */
  incidents: string[];
  /** What the sandbox's people have done, and when they started to think about it; milliseconds. */
  steps: Record<string, number>;
}

export interface Outgoing {
  id: string;
  kind: 'alertmanager' | 'pagerduty';
  /** A newer one with the same subject replaces an older one that is still waiting. */
  subject: string;
  run: string | null;
  body: string;
  attempts: number;
  nextAtMs: number;
}

/** Writes that took effect, for tests that count them. */
export interface Effects {
  /** Writes to the cluster that were accepted, dry runs not counted. */
  kube: number;
  /** Those of them that changed something. */
  kubeChanges: number;
  pages: number;
  rooms: number;
  messages: number;
  statusPosts: number;
  mails: number;
  /** Switches that were set, and requests that changed an application of Argo CD. */
  switches: number;
  applications: number;
  /** In the shop's database, as its application noticed. */
  sessionsEnded: number;
  statementsCancelled: number;
}

export interface WorldState {
  format: 1;
  createdAtMs: number;
  savedAtMs: number;
  /** Scenario time runs this many times faster than the clock. */
  speed: number;
  /** Grows with each release a scenario makes, so that no two carry one version. */
  releases: number;
  cluster: ClusterState;
  endpoints: EndpointsState;
  figures: Record<string, Figure>;
  samples: Record<string, [atMs: number, value: number][]>;
  lastSampleMs: number;
  /** Requests for search, as a multiple of an ordinary day's. */
  searchLoad: number;
  /** Pods of payments made before this leak connections; null: none does. */
  leakSinceMs: number | null;
  /** When the lost node comes back; null: none is lost. */
  nodeBackAtMs: number | null;
  orders: OrdersState;
  pages: Page[];
  channels: Channel[];
  lastTs: number;
  statusIncidents: StatusIncident[];
  components: StatusComponent[];
  mails: ReceivedMail[];
  runs: ScenarioRun[];
  outgoing: Outgoing[];
  effects: Effects;
}

export const noEffects = (): Effects => ({
  kube: 0,
  kubeChanges: 0,
  pages: 0,
  rooms: 0,
  messages: 0,
  statusPosts: 0,
  mails: 0,
  switches: 0,
  applications: 0,
  sessionsEnded: 0,
  statementsCancelled: 0,
});
