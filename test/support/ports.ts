/**
 * The outside world in memory, for tests of activities and workflows: six ports that remember what reached people.
 * They keep the vendors' promises (a dedup key is one page, a message key found on request is not posted again)
 * and break on request.
 */
import { VendorError } from '../../src/domain/errors.ts';
import type {
  Chat,
  Connections,
  Mail,
  Mailer,
  Metrics,
  PageCall,
  Pager,
  StatusPage,
  StatusPost,
} from '../../src/integrations/integration.ts';

export interface RecordedPage extends PageCall {
  status: 'triggered' | 'acknowledged' | 'resolved';
  /** How often it was asked for; one page at the vendor however often. */
  calls: number;
}
export interface RecordedMessage {
  id: string;
  /** Room id, `#name`, or `@user` for a message to one person. */
  room: string;
  key: string;
  text: string;
}
export interface RecordedRoom {
  id: string;
  name: string;
  url: string;
  marker: string;
  topic: string;
  members: string[];
  archived: boolean;
}
export interface RecordedStatusPost extends StatusPost {
  id: string;
}

/** `pager.page`, `chat.post` ...; the port and the method that fails. */
export type PortMethod =
  | `pager.${keyof Pager & string}`
  | `chat.${keyof Chat & string}`
  | `statusPage.${keyof StatusPage & string}`
  | `mailer.${keyof Mailer & string}`
  | `metrics.${keyof Metrics & string}`;

export interface RecordingPorts {
  connections: Connections;
  pages: RecordedPage[];
  messages: RecordedMessage[];
  statusPosts: RecordedStatusPost[];
  mails: Mail[];
  rooms: RecordedRoom[];
  /** Every call in order, such as `chat.post`, whether it failed or not. */
  calls: PortMethod[];
  /** The next `times` calls of that method throw `error` (before anything happens); `after: true`: it happened, the answer is lost. */
  fail(method: PortMethod, error: unknown, times?: number, options?: { after?: boolean }): void;
  /** What the metrics answer from now on; null: no data. Starts at null. */
  setMetric(value: number | null): void;
}

/** An answer such as a vendor gives on a bad day; `status: null` means that none came. */
export const vendorTrouble = (
  vendor: string,
  trouble: { status?: number | null; terminal?: boolean; retryAfterMs?: number; reason?: string } = {},
): VendorError =>
  new VendorError(`${vendor} answered ${trouble.status ?? 'nothing'}`, {
    vendor,
    status: trouble.status ?? null,
    terminal: trouble.terminal ?? false,
    ...(trouble.retryAfterMs === undefined ? {} : { retryAfterMs: trouble.retryAfterMs }),
    ...(trouble.reason === undefined ? {} : { reason: trouble.reason }),
  });

export const recordingPorts = (): RecordingPorts => {
  const pages: RecordedPage[] = [];
  const messages: RecordedMessage[] = [];
  const statusPosts: RecordedStatusPost[] = [];
  const mails: Mail[] = [];
  const rooms: RecordedRoom[] = [];
  const calls: PortMethod[] = [];
  const failures: { method: PortMethod; error: unknown; left: number; after: boolean }[] = [];
  let metric: number | null = null;

  const during = async <Result>(method: PortMethod, effect: () => Result): Promise<Result> => {
    calls.push(method);
    const failure = failures.find((candidate) => candidate.method === method && candidate.left > 0);
    if (failure) {
      failure.left -= 1;
      if (failure.after) effect();
      throw failure.error;
    }
    return effect();
  };

  const roomOf = (id: string): RecordedRoom => {
    const room = rooms.find((candidate) => candidate.id === id);
    if (!room) throw vendorTrouble('chat', { status: 200, terminal: true, reason: 'channel_not_found' });
    return room;
  };
  const write = (room: string, message: { key: string; text: string; lookFirst: boolean }): { id: string } => {
    const earlier = message.lookFirst
      ? messages.find((candidate) => candidate.room === room && candidate.key === message.key)
      : undefined;
    if (earlier) return { id: earlier.id };
    const id = `message-${messages.length + 1}`;
    messages.push({ id, room, key: message.key, text: message.text });
    return { id };
  };
  const quiet = (call: { address: string; dedupKey: string }, status: RecordedPage['status']): void => {
    const page = pages.find((candidate) => candidate.address === call.address && candidate.dedupKey === call.dedupKey);
    if (page && page.status !== 'resolved') page.status = status;
  };

  const connections: Connections = {
    pager: {
      page: (call) =>
        during('pager.page', () => {
          const open = pages.find(
            (page) => page.address === call.address && page.dedupKey === call.dedupKey && page.status !== 'resolved',
          );
          if (open) open.calls += 1;
          else pages.push({ ...call, status: 'triggered', calls: 1 });
          return { reference: call.dedupKey };
        }),
      acknowledge: (call) => during('pager.acknowledge', () => quiet(call, 'acknowledged')),
      resolve: (call) => during('pager.resolve', () => quiet(call, 'resolved')),
    },
    chat: {
      openRoom: (wanted) =>
        during('chat.openRoom', () => {
          const earlier = rooms.find((room) => room.marker === wanted.marker);
          if (earlier) return { id: earlier.id, name: earlier.name, url: earlier.url };
          const taken = rooms.some((room) => room.name === wanted.name);
          const name = taken ? `${wanted.name}-${wanted.suffix}` : wanted.name;
          const id = `room-${rooms.length + 1}`;
          const room = { id, name, url: `https://chat.example/${id}` };
          rooms.push({ ...room, marker: wanted.marker, topic: '', members: [], archived: false });
          return room;
        }),
      setTopic: (room, topic) =>
        during('chat.setTopic', () => {
          roomOf(room).topic = topic;
        }),
      invite: (room, users) =>
        during('chat.invite', () => {
          const members = roomOf(room).members;
          members.push(...users.filter((user) => !members.includes(user)));
          return { missing: [] };
        }),
      post: (message) => during('chat.post', () => write(message.room, message)),
      tell: (message) => during('chat.tell', () => write(`@${message.user}`, message)),
      archive: (room) =>
        during('chat.archive', () => {
          roomOf(room).archived = true;
        }),
    },
    statusPage: {
      publish: (post) =>
        during('statusPage.publish', () => {
          const earlier = statusPosts.find(
            (candidate) => candidate.incidentKey === post.incidentKey && candidate.postKey === post.postKey,
          );
          const known = statusPosts.find((candidate) => candidate.incidentKey === post.incidentKey);
          const id = known?.id ?? `status-${new Set(statusPosts.map((candidate) => candidate.id)).size + 1}`;
          if (!earlier) statusPosts.push({ ...post, id });
          return { id, url: `https://status.example/incidents/${id}` };
        }),
    },
    mailer: {
      send: (mail) =>
        during('mailer.send', () => {
          mails.push(mail);
        }),
    },
    metrics: {
      query: () => during('metrics.query', () => metric),
      queryRange: (_expression, range) =>
        during('metrics.queryRange', () => {
          const from = Date.parse(range.from);
          const stepMs = (Date.parse(range.to) - from) / Math.max(1, range.points - 1);
          return Array.from({ length: range.points }, (_, index) => ({
            at: new Date(from + index * stepMs).toISOString(),
            value: metric,
          }));
        }),
    },
  };

  return {
    connections,
    pages,
    messages,
    statusPosts,
    mails,
    rooms,
    calls,
    fail: (method, error, times = 1, options = {}) => {
      failures.push({ method, error, left: times, after: options.after ?? false });
    },
    setMetric: (value) => {
      metric = value;
    },
  };
};
