import { LogLevel, WebClient } from '@slack/web-api';
import { VendorError } from '../../domain/errors.ts';
import type { Chat, ChatPost } from '../integration.ts';
import { toVendorError } from './failure.ts';
import { toMrkdwn, toTopic } from './format.ts';
import { findChannel, openMarkedRoom } from './rooms.ts';

const timeoutMs = 10_000;
const invitedAtOnceMax = 100;
/** How far back a message's key is looked for: 5 pages of 200 messages. */
const historyPages = 5;
const historyPerPage = 200;
const metadataType = 'muster_message';

/**
 * Slack's Web API. One attempt per call: the client's own retries would repeat non-idempotent calls and hide Retry-After.
 * Each message carries its key in `metadata`, since chat.postMessage has no idempotency key of its own.
 */
export const createChat = ({ token, url }: { token: string; url?: string | undefined }): Chat => {
  const client = new WebClient(token, {
    ...(url ? { slackApiUrl: url } : {}),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    allowAbsoluteUrls: false,
    logger: silent,
  });
  const channelIds = new Map<string, string>();
  let identity: Promise<{ user: string; url: string }> | null = null;
  const whoAmI = (): Promise<{ user: string; url: string }> => {
    identity ??= client.auth
      .test()
      .then((answer) => ({ user: answer.user_id ?? '', url: answer.url ?? 'https://slack.com/' }))
      .catch((error: unknown) => {
        identity = null;
        throw error;
      });
    return identity;
  };

  /** `#name` to the channel's id; ids pass through. */
  const idOf = async (room: string): Promise<string> => {
    if (!room.startsWith('#')) return room;
    const known = channelIds.get(room);
    if (known) return known;
    const found = await findChannel(client, (channel) => `#${channel.name}` === room && !channel.archived);
    if (!found) throw notFound(room);
    channelIds.set(room, found.id);
    return found.id;
  };

  const findMessage = async (channel: string, key: string): Promise<string | null> => {
    let cursor: string | undefined;
    for (let page = 0; page < historyPages; page += 1) {
      const answer = await client.conversations.history({
        channel,
        include_all_metadata: true,
        limit: historyPerPage,
        ...(cursor ? { cursor } : {}),
      });
      const found = (answer.messages ?? []).find((message) => keyOf(message.metadata) === key);
      if (found?.ts) return found.ts;
      cursor = answer.response_metadata?.next_cursor;
      if (!cursor) return null;
    }
    return null;
  };

  const write = async (room: string, message: Omit<ChatPost, 'room'>): Promise<{ id: string }> => {
    const channel = await idOf(room);
    const earlier = message.lookFirst ? await joining(client, channel, () => findMessage(channel, message.key)) : null;
    if (earlier) return { id: earlier };
    const answer = await joining(client, channel, () =>
      client.chat.postMessage({
        channel,
        text: toMrkdwn(message.text),
        metadata: { event_type: metadataType, event_payload: { key: message.key } },
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
    return { id: answer.ts ?? '' };
  };

  return translated({
    openRoom: async (wanted) => {
      const me = await whoAmI();
      const room = await openMarkedRoom(client, me.user, wanted);
      return { id: room.id, name: room.name, url: `${me.url.replace(/\/?$/, '/')}archives/${room.id}` };
    },
    setTopic: async (room, topic) => {
      await forgiving(['no_change'], () => client.conversations.setTopic({ channel: room, topic: toTopic(topic) }));
    },
    invite: async (room, users) => {
      const missing: string[] = [];
      for (let from = 0; from < users.length; from += invitedAtOnceMax) {
        missing.push(...(await inviteSome(client, room, users.slice(from, from + invitedAtOnceMax))));
      }
      return { missing };
    },
    post: (message) => write(message.room, message),
    tell: async ({ user, ...message }) => {
      const opened = await client.conversations.open({ users: user });
      if (!opened.channel?.id) throw notFound(user);
      return write(opened.channel.id, message);
    },
    archive: async (room) => {
      await forgiving(['already_archived'], () => client.conversations.archive({ channel: room }));
    },
  });
};

/** With `force` the good ones are invited and the rest named in `errors`; without it one bad id keeps everybody out. */
const inviteSome = async (client: WebClient, room: string, users: string[]): Promise<string[]> => {
  const members: ReadonlySet<string> = new Set(['already_in_channel', 'cant_invite_self']);
  const about: ReadonlySet<string> = new Set([
    'user_not_found',
    'cant_invite',
    'ura_max_channels',
    'user_is_restricted',
  ]);
  try {
    const answer = await client.conversations.invite({ channel: room, users: users.join(','), force: true });
    return refusedOf(answer, members);
  } catch (error) {
    const trouble = toVendorError(error);
    if (trouble.reason && members.has(trouble.reason) && users.length === 1) return [];
    const named = refusedOf(dataOf(error), members);
    if (named.length > 0) return named;
    if (Array.isArray(fieldOf(dataOf(error), 'errors'))) return [];
    if (trouble.reason && about.has(trouble.reason)) return users;
    throw trouble;
  }
};

const refusedOf = (answer: unknown, members: ReadonlySet<string>): string[] => {
  const errors = fieldOf(answer, 'errors');
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((each: unknown) => {
    const user = fieldOf(each, 'user');
    const code = fieldOf(each, 'error');
    return typeof user === 'string' && !(typeof code === 'string' && members.has(code)) ? [user] : [];
  });
};

/** A public channel the bot has not joined yet: join and go on. Nothing had happened, so this is still the one attempt. */
const joining = async <Answer>(client: WebClient, channel: string, ask: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await ask();
  } catch (error) {
    if (toVendorError(error).reason !== 'not_in_channel') throw error;
    await client.conversations.join({ channel });
    return ask();
  }
};

/** Runs the call; the given codes say that the world is already as asked. */
const forgiving = async (codes: string[], ask: () => Promise<unknown>): Promise<void> => {
  try {
    await ask();
  } catch (error) {
    const trouble = toVendorError(error);
    if (!trouble.reason || !codes.includes(trouble.reason)) throw trouble;
  }
};

const translated = (chat: Chat): Chat => {
  const wrap =
    <Given extends unknown[], Result>(verb: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      try {
        return await verb(...given);
      } catch (error) {
        throw toVendorError(error);
      }
    };
  return {
    openRoom: wrap(chat.openRoom),
    setTopic: wrap(chat.setTopic),
    invite: wrap(chat.invite),
    post: wrap(chat.post),
    tell: wrap(chat.tell),
    archive: wrap(chat.archive),
  };
};

const keyOf = (metadata: unknown): unknown => fieldOf(fieldOf(metadata, 'event_payload'), 'key');
const dataOf = (error: unknown): unknown => fieldOf(error, 'data');
const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const notFound = (room: string): VendorError =>
  new VendorError(`Slack has no ${room}; create it and invite the bot`, {
    vendor: 'slack',
    status: 400,
    terminal: true,
    reason: 'channel_not_found',
  });

/** What went wrong reaches the log through our own errors; the client's lines are not JSON. */
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
