/**
 * The contract between Muster and a vendor: six small ports, each named by capability, and one optional webhook.
 * A vendor implements what it can in its own folder and is listed once in registry.ts.
 * Every port call makes at most one attempt and throws VendorError; Temporal retries.
 */
import type { Alert } from '../schema/alert.ts';
import type { GivenChange } from '../schema/change.ts';
import type { DatabaseActivity, DatabaseRights, Session } from '../schema/database.ts';
import type { GivenReport } from '../schema/report.ts';

export interface PageCall {
  /** The person's own address at the vendor (PagerDuty: Events routing key). */
  address: string;
  /** One alert at the vendor; the same key twice is one page. At most 255 characters. */
  dedupKey: string;
  summary: string;
  severity: 'critical' | 'error' | 'warning' | 'info';
  source: string;
  link: { href: string; text: string } | null;
  details: Record<string, string>;
}

/** Keyed: repeating a call with the same dedupKey is one page. */
export interface Pager {
  page(call: PageCall): Promise<{ reference: string }>;
  /** Stops the ringing of an open page; silent when there is none. */
  acknowledge(call: { address: string; dedupKey: string }): Promise<void>;
  resolve(call: { address: string; dedupKey: string }): Promise<void>;
}

export interface ChatPost {
  /** Room id, or `#name` of a standing channel. */
  room: string;
  /** Carried in the message's metadata: a message that has it already is not posted again. */
  key: string;
  text: string;
  /** Look for the key before posting: set when an earlier attempt may have gone through. */
  lookFirst: boolean;
}

/** Findable: rooms carry a marker, messages carry their key. */
export interface Chat {
  /** Finds the room that carries the marker, else creates it; on a taken name adds the suffix. */
  openRoom(room: {
    name: string;
    marker: string;
    suffix: string;
    declaredAt: string;
  }): Promise<{ id: string; name: string; url: string }>;
  setTopic(room: string, topic: string): Promise<void>;
  /** Returns the members that could not be invited. Repeating is harmless. */
  invite(room: string, users: string[]): Promise<{ missing: string[] }>;
  post(message: ChatPost): Promise<{ id: string }>;
  /** To one person; the same rules as post. */
  tell(message: Omit<ChatPost, 'room'> & { user: string }): Promise<{ id: string }>;
  archive(room: string): Promise<void>;
}

export interface StatusPost {
  /** Our incident id, kept in the vendor's metadata: found before created. */
  incidentKey: string;
  /** Orders and deduplicates the updates of one incident. */
  postKey: string;
  name: string;
  status: 'investigating' | 'identified' | 'monitoring' | 'resolved';
  body: string;
  component: string | null;
  componentStatus: 'operational' | 'degraded_performance' | 'partial_outage' | 'major_outage';
}

export interface StatusPage {
  publish(post: StatusPost): Promise<{ id: string; url: string }>;
}

export interface Mail {
  to: string[];
  subject: string;
  text: string;
  /** Stable: a second copy is recognised as the same mail. */
  messageId: string;
  calendar?: { method: 'REQUEST' | 'CANCEL'; content: string };
}
export interface Mailer {
  send(mail: Mail): Promise<void>;
}

export interface Metrics {
  /** The value now; null when the query yields nothing or NaN: no data is never health. */
  query(expression: string): Promise<number | null>;
  queryRange(
    expression: string,
    range: { from: string; to: string; points: number },
  ): Promise<{ at: string; value: number | null }[]>;
}

export interface Alarm {
  name: string;
  /** In this state since. */
  since: string;
  /** In the cloud's own words. */
  reason: string;
  /** Such as `AWS/RDS CPUUtilization`; null for alarms over several. */
  metric: string | null;
}
/** Alarms of a cloud. */
export interface Alarms {
  /** Those that ring now and whose names begin so, the latest first; at most `alarmsMax`. */
  ringing(prefix: string, alarmsMax: number): Promise<Alarm[]>;
}

export interface LogQuery {
  group: string;
  query: string;
  from: string;
  to: string;
  rowsMax: number;
  /** By then it is stopped, and what was found so far is the answer. */
  withinMs: number;
}
/** Search over logs that a cloud keeps. */
export interface LogSearch {
  /** Lines with errors, for whoever has no query of their own. */
  readonly usualQuery: string;
  /** Rows as they came, the newest first by `usualQuery`; a sum over lines has no moment. `complete`: it was not stopped early. */
  search(query: LogQuery): Promise<{ rows: { at: string | null; text: string }[]; complete: boolean }>;
}

/** What is read of a cloud; each is a policy of its own. */
export type CloudCapability = 'metrics' | 'alarms' | 'logs';

/** One right, and what is known of it. `words` says what to do, or why nobody knows. */
export type CloudRight =
  /** `right` as it would be granted: `logs:StartQuery on arn:...`. */
  | { state: 'held'; right: string }
  | { state: 'missing'; right: string; words: string }
  /** It could not be asked; `final`: asking again cannot help. */
  | { state: 'unknown'; right: string; words: string; final: boolean }
  /** It cannot be asked without doing it. */
  | { state: 'notChecked'; right: string; words: string };

/** What we may do in a cloud, asked by reads that cost next to nothing and change nothing. */
export interface CloudAccess {
  /** Such as `CloudWatch in eu-west-1`. */
  readonly place: string;
  /** Whether symptoms are asked of it; else somebody else has the metrics. */
  readonly answersSymptoms: boolean;
  /** One answer per right, log groups one by one; that AWS refuses or is away is an answer too. */
  ask(capability: CloudCapability, groups: readonly string[]): Promise<CloudRight[]>;
}

/** Asks one page how it is. */
export interface HealthProbe {
  /** GET without redirects, bounded in time and bytes. Any HTTP status is an answer; VendorError when none came. */
  ask(url: string): Promise<{ status: number; latencyMs: number; excerpt: string }>;
}

/** What a diagnosis reads beside clusters and metrics; null: nobody configured it. */
export interface EvidenceSources {
  alarms: Alarms | null;
  logs: LogSearch | null;
  /** Metrics of the cloud itself, whoever answers for symptoms. */
  cloudMetrics: Metrics | null;
  health: HealthProbe | null;
}

export interface ClusterRequest {
  method: 'GET' | 'PATCH' | 'PUT' | 'POST' | 'DELETE';
  /** Path under the API server, such as /apis/apps/v1/namespaces/shop/deployments/checkout. */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** Patches name their own: application/json-patch+json ... */
  contentType?: string;
}
/** Raw JSON in and out: a typed client drops fields it does not know, and a rollback would delete them. */
export interface Cluster {
  /** Any HTTP status is an answer; VendorError (status null) only when none came. */
  request(request: ClusterRequest): Promise<{ status: number; body: unknown }>;
  /** Plain text endpoints: pod logs. */
  text(path: string, query: Record<string, string>): Promise<string>;
}

/** One backend of a PostgreSQL server; `user` guards against a pid that is used again. */
export interface SessionKey {
  pid: number;
  /** Exact text, to the microsecond, as `Session` has it. */
  backendStart: string;
  user: string;
  /** Start of the statement, and of the transaction, that is meant; null: whatever it does. A cancellation needs the first. */
  queryStart: string | null;
  xactStart: string | null;
}
/**
 * A PostgreSQL server of production, over one connection per call under a name of our own. Bounded: each call has an
 * end in time and in rows. VendorError: status 403 names the GRANT that is missing, 401 the login, 404 the database,
 * null means that no answer came, so that whether a signal was sent is not known.
 */
export interface Database {
  /** Throws status 403 where the role may not see the sessions of others: an empty list would look like peace. */
  activity(database: string): Promise<DatabaseActivity>;
  /** Null when it has ended, or another one has its pid by now. */
  session(key: Pick<SessionKey, 'pid' | 'backendStart'>): Promise<Session | null>;
  rights(): Promise<DatabaseRights>;
  /**
   * Ends the statement or all of the session, and waits some seconds for it. Repeating is harmless: one that is not
   * there any more, or has gone on to something else than what is meant, is left alone and answers `gone`. Sessions of
   * superusers are refused with status 403.
   */
  signal(how: 'cancel' | 'terminate', key: SessionKey): Promise<'sent' | 'gone'>;
}

export interface EndpointRequest {
  method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** Under the endpoint's own address, each segment escaped; it may end in a query. */
  path: string;
  /** Preconditions and keys; never a credential. */
  headers?: Record<string, string>;
  body?: unknown;
}
export interface EndpointAnswer {
  status: number;
  etag: string | null;
  retryAfterMs: number | null;
  /** JSON; null where a write was answered with anything else. */
  body: unknown;
}
/** One HTTP API of the catalogue. Host and credential are its own, so that no plan can name or carry them. */
export interface Endpoint {
  /**
   * Any status but a redirect is an answer. VendorError: status null when none came; a status and `terminal` for a read
   * that was redirected, is too long or is not JSON. InvalidInput for a path that is not under the address.
   */
  request(request: EndpointRequest): Promise<EndpointAnswer>;
}

/** Everything an incident can touch. Drills get the sandbox's, whatever else is configured. */
export interface Connections {
  pager: Pager;
  chat: Chat;
  statusPage: StatusPage;
  mailer: Mailer;
  metrics: Metrics;
}

/** Where the stand-in world listens; `token` makes the credential a vendor's stand-in accepts. */
export interface SandboxWorld {
  url: string;
  mailUrl: string;
  mailFrom: string;
  token(purpose: string): string;
}

/** How a vendor is listed in registry.ts: it reads its own settings and knows its stand-in. */
export interface Vendor<Settings, Port> {
  name: string;
  /** Null when the settings do not ask for it. Throws InvalidInput when they ask by halves. */
  live(settings: Settings): Port | null;
  sandbox(world: SandboxWorld): Port;
  /** Variables that bring it to life, for the message of whoever misses it. */
  variables: string;
}

/** What the raw bytes of a webhook turned into. */
export interface ParsedDelivery {
  alerts: Alert[];
  /** What customers told a help desk. */
  reports?: GivenReport[];
  /** What was deployed, switched or otherwise changed. */
  changes?: GivenChange[];
  /** Members that could not be read; kept for a person, the rest goes on. */
  quarantined: { reason: string; excerpt: string }[];
  /** Answers of people at the vendor: an acknowledgement on the phone. */
  answers: { kind: 'acknowledge'; dedupKey: string; at: string; by: string }[];
  /** The vendor's own id of this delivery; null where it has none (the body's hash serves). */
  deliveryId: string | null;
  /** A handshake that carries nothing. */
  note: string | null;
}

export interface WebhookRequest {
  headers: Record<string, string | undefined>;
  raw: Buffer;
  /** Injected clock, milliseconds. */
  now: number;
}

/** `verify` sees only raw bytes and headers; `parse` runs after it said yes. */
export interface Webhook {
  source: string;
  /** Throws NotAuthenticated. Sources with a shared secret return; the intake checks bearer tokens itself when `bearer` is true. */
  bearer: boolean;
  /** false: it tells of no trouble, so what cannot be read of it is kept and pages nobody. */
  tellsOfTrouble?: boolean;
  verify(request: WebhookRequest): Promise<void>;
  /** Throws InvalidInput for bytes that are not even the vendor's envelope; the intake then opens a generic alert if they were authentic. */
  parse(request: WebhookRequest): Promise<ParsedDelivery>;
}

export const kindOfPort = ['pager', 'chat', 'statusPage', 'mailer', 'metrics', 'cluster'] as const;
