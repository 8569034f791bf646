/**
 * The part of the Slack Web API that an incident needs, with its real error codes (https://docs.slack.dev/reference/methods).
 * Every answer is 200 with `ok`; arguments come form-encoded, members that are objects as JSON text.
 */
import type { Organisation } from '../schema/organisation.ts';
import type { Channel, ChatMessage } from './state.ts';
import { answer, asFields, asText, type SandboxAnswer, type SandboxRequest } from './wire.ts';
import type { World } from './world.ts';

export const botUser = 'U0MUSTER01';
const botId = 'B0MUSTER01';
const teamId = 'T0LANTERN1';
const workspace = 'https://lanternfish.slack.example/';
const standing = [
  'incidents',
  'deployments',
  'oncall-handoff',
  'support-escalations',
  'incident-response',
  'platform-alerts',
  'all-company',
];

type Arguments = Record<string, string>;
type Reply = Record<string, unknown>;

class SlackFault extends Error {
  readonly more: Reply;
  constructor(error: string, more: Reply = {}) {
    super(error);
    this.more = more;
  }
}

/** The channels every day begins with. */
export const emptyChannels = (organisation: Organisation, nowMs: number): Channel[] =>
  standing.map((name, index) => ({
    id: `C0STANDNG${index + 1}`,
    name,
    kind: 'channel',
    isPrivate: false,
    createdMs: nowMs - 200 * 86_400_000,
    creator: 'U0INGRID01',
    isArchived: false,
    topic: '',
    purpose: '',
    members: [botUser, ...chatUsers(organisation).map((user) => user.id)],
    messages: [],
    pins: [],
  }));

const chatUsers = (organisation: Organisation) =>
  Object.entries(organisation.people).flatMap(([person, { name, email, chat }]) =>
    chat ? [{ id: chat, person, name, email }] : [],
  );

/** Who wrote something, in words for people. */
export const chatName = (organisation: Organisation, user: string): string =>
  user === botUser ? 'Muster' : (chatUsers(organisation).find((other) => other.id === user)?.name ?? user);

export const handleSlack = (world: World, token: string, request: SandboxRequest): SandboxAnswer => {
  const given = readArguments(request);
  const method = request.path.replace(/^\/+/, '');
  const presented = request.headers.authorization?.replace(/^Bearer /, '') ?? given.token;
  try {
    if (!presented) throw new SlackFault('not_authed');
    if (presented !== token) throw new SlackFault('invalid_auth');
    const perform = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!perform) throw new SlackFault('unknown_method', { req_method: method });
    const reply = perform(world, given);
    return answer(200, { ok: true, ...reply });
  } catch (error) {
    if (error instanceof SlackFault) return answer(200, { ok: false, error: error.message, ...error.more });
    throw error;
  }
};

const readArguments = (request: SandboxRequest): Arguments => {
  const text = request.body.toString('utf8');
  const given: Arguments = Object.fromEntries(request.query);
  if (request.headers['content-type']?.includes('json')) {
    let body: unknown = null;
    try {
      body = JSON.parse(text);
    } catch {
      return given;
    }
    for (const [name, value] of Object.entries(asFields(body) ?? {})) {
      given[name] = typeof value === 'string' ? value : JSON.stringify(value);
    }
    return given;
  }
  return { ...given, ...Object.fromEntries(new URLSearchParams(text)) };
};

const channelOf = (world: World, given: Arguments): Channel => {
  const wanted = given.channel ?? '';
  const found = world.state.channels.find(
    (channel) => channel.id === wanted || (channel.kind === 'channel' && `#${channel.name}` === wanted),
  );
  if (!found) throw new SlackFault('channel_not_found');
  return found;
};

const openChannelOf = (world: World, given: Arguments): Channel => {
  const channel = channelOf(world, given);
  if (channel.isArchived) throw new SlackFault('is_archived');
  return channel;
};

const shown = (channel: Channel): Reply => ({
  id: channel.id,
  ...(channel.kind === 'channel' ? { name: channel.name, name_normalized: channel.name } : {}),
  is_channel: channel.kind === 'channel',
  is_group: false,
  is_im: channel.kind === 'im',
  is_mpim: channel.kind === 'mpim',
  is_private: channel.isPrivate,
  created: Math.floor(channel.createdMs / 1_000),
  creator: channel.creator,
  is_archived: channel.isArchived,
  is_general: false,
  is_shared: false,
  is_org_shared: false,
  is_member: channel.members.includes(botUser),
  unlinked: 0,
  topic: { value: channel.topic, creator: channel.topic ? botUser : '', last_set: 0 },
  purpose: { value: channel.purpose, creator: channel.purpose ? botUser : '', last_set: 0 },
  previous_names: [],
  num_members: channel.members.length,
});

const shownMessage = (message: ChatMessage, withMetadata: boolean): Reply => ({
  type: 'message',
  user: message.user,
  ...(message.user === botUser ? { bot_id: botId } : {}),
  ts: message.ts,
  text: message.text,
  ...(message.blocks ? { blocks: message.blocks } : {}),
  ...(message.editedTs ? { edited: { user: message.user, ts: message.editedTs } } : {}),
  ...(withMetadata && message.metadata ? { metadata: message.metadata } : {}),
});

/** Unique and growing, seconds with six decimals. */
const nextTs = (world: World): string => {
  const microseconds = Math.max(world.nowMs() * 1_000, world.state.lastTs + 1);
  world.state.lastTs = microseconds;
  return (microseconds / 1_000_000).toFixed(6);
};

const newId = (world: World, letter: string): string => {
  const count = world.state.channels.length + 1;
  return `${letter}${(count * 7_919 + 0x1_00_00_00).toString(36).toUpperCase().padStart(10, '0')}`;
};

const page = <T>(items: T[], given: Arguments, most: number): { items: T[]; next: string } => {
  const start = given.cursor ? Number(Buffer.from(given.cursor, 'base64url').toString()) : 0;
  if (!Number.isInteger(start)) throw new SlackFault('invalid_cursor');
  const size = Math.min(most, Math.max(1, Number(given.limit ?? 100)));
  const end = start + size;
  const next = end < items.length ? Buffer.from(String(end)).toString('base64url') : '';
  return { items: items.slice(start, end), next };
};

const jsonArgument = (text: string | undefined): unknown => {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const readMetadata = (text: string | undefined): ChatMessage['metadata'] => {
  const value = jsonArgument(text);
  if (value === undefined) return null;
  const fields = asFields(value);
  const payload = asFields(fields?.event_payload);
  const type = asText(fields?.event_type);
  if (!payload || !type) throw new SlackFault('invalid_metadata_format');
  return { event_type: type, event_payload: payload };
};

const imWith = (world: World, users: string[]): Channel => {
  const members = [botUser, ...users].sort();
  const kind = users.length === 1 ? 'im' : 'mpim';
  const known = world.state.channels.find(
    (channel) => channel.kind === kind && [...channel.members].sort().join() === members.join(),
  );
  if (known) return known;
  const channel: Channel = {
    id: newId(world, kind === 'im' ? 'D' : 'G'),
    name: users.map((user) => chatName(world.organisation, user)).join(', '),
    kind,
    isPrivate: true,
    createdMs: world.nowMs(),
    creator: botUser,
    isArchived: false,
    topic: '',
    purpose: '',
    members,
    messages: [],
    pins: [],
  };
  world.state.channels.push(channel);
  return channel;
};

const knownUser = (world: World, user: string): boolean =>
  user === botUser || chatUsers(world.organisation).some((other) => other.id === user);

const shownUser = (user: { id: string; person: string; name: string; email: string }): Reply => ({
  id: user.id,
  team_id: teamId,
  name: user.person,
  real_name: user.name,
  deleted: false,
  is_bot: false,
  profile: { email: user.email, real_name: user.name, display_name: user.name },
});

const checkName = (name: string): void => {
  if (name === '') throw new SlackFault('invalid_name_required');
  if (name.length > 80) throw new SlackFault('invalid_name_maxlength');
  if (/^[-_]+$/.test(name)) throw new SlackFault('invalid_name_punctuation');
  if (!/^[a-z0-9_-]+$/.test(name)) throw new SlackFault('invalid_name_specials');
};

const groupsOf = (organisation: Organisation) =>
  Object.entries(organisation.groups).flatMap(([handle, { mention }]) => {
    const id = /^<!subteam\^([A-Z0-9]+)/.exec(mention)?.[1];
    return id ? [{ id, handle, team_id: teamId, name: handle, is_usergroup: true, date_delete: 0 }] : [];
  });

const methods: Record<string, (world: World, given: Arguments) => Reply> = {
  'auth.test': (world) => ({
    url: workspace,
    team: world.organisation.name,
    user: 'muster',
    team_id: teamId,
    user_id: botUser,
    bot_id: botId,
    is_enterprise_install: false,
  }),
  'conversations.create': (world, given) => {
    const name = given.name ?? '';
    checkName(name);
    if (world.state.channels.some((channel) => channel.kind === 'channel' && channel.name === name)) {
      throw new SlackFault('name_taken');
    }
    const channel: Channel = {
      id: newId(world, 'C'),
      name,
      kind: 'channel',
      isPrivate: given.is_private === 'true',
      createdMs: world.nowMs(),
      creator: botUser,
      isArchived: false,
      topic: '',
      purpose: '',
      members: [botUser],
      messages: [],
      pins: [],
    };
    world.state.channels.push(channel);
    world.state.effects.rooms += 1;
    return { channel: shown(channel) };
  },
  'conversations.list': (world, given) => {
    const types = (given.types ?? 'public_channel').split(',');
    const wanted = world.state.channels.filter(
      (channel) =>
        (given.exclude_archived !== 'true' || !channel.isArchived) &&
        ((channel.kind === 'channel' && types.includes(channel.isPrivate ? 'private_channel' : 'public_channel')) ||
          types.includes(channel.kind)),
    );
    const { items, next } = page(wanted, given, 1_000);
    return { channels: items.map(shown), response_metadata: { next_cursor: next } };
  },
  'conversations.info': (world, given) => ({ channel: shown(channelOf(world, given)) }),
  'conversations.members': (world, given) => {
    const { items, next } = page(channelOf(world, given).members, given, 1_000);
    return { members: items, response_metadata: { next_cursor: next } };
  },
  'conversations.join': (world, given) => {
    const channel = openChannelOf(world, given);
    if (!channel.members.includes(botUser)) channel.members.push(botUser);
    return { channel: shown(channel) };
  },
  'conversations.invite': (world, given) => {
    const channel = openChannelOf(world, given);
    if (!channel.members.includes(botUser)) throw new SlackFault('not_in_channel');
    const users = (given.users ?? '').split(',').filter((user) => user !== '');
    if (users.length === 0) throw new SlackFault('no_user');
    const faultOf = (user: string) => {
      if (user === botUser) return 'cant_invite_self';
      if (!knownUser(world, user)) return 'user_not_found';
      return channel.members.includes(user) ? 'already_in_channel' : null;
    };
    const errors = users.flatMap((user) => {
      const error = faultOf(user);
      return error ? [{ user, ok: false, error }] : [];
    });
    const invited = users.filter((user) => faultOf(user) === null);
    const [first] = errors;
    // All or nothing, unless the caller says force.
    if (first && (given.force !== 'true' || invited.length === 0)) throw new SlackFault(first.error, { errors });
    channel.members.push(...new Set(invited));
    return { channel: shown(channel), ...(errors.length > 0 ? { errors } : {}) };
  },
  'conversations.setTopic': (world, given) => {
    const channel = openChannelOf(world, given);
    if ((given.topic ?? '').length > 250) throw new SlackFault('too_long');
    channel.topic = given.topic ?? '';
    return { channel: shown(channel), topic: channel.topic };
  },
  'conversations.setPurpose': (world, given) => {
    const channel = openChannelOf(world, given);
    if ((given.purpose ?? '').length > 250) throw new SlackFault('too_long');
    channel.purpose = given.purpose ?? '';
    return { channel: shown(channel), purpose: channel.purpose };
  },
  'conversations.archive': (world, given) => {
    const channel = channelOf(world, given);
    if (channel.kind !== 'channel') throw new SlackFault('method_not_supported_for_channel_type');
    if (channel.isArchived) throw new SlackFault('already_archived');
    if (!channel.members.includes(botUser)) throw new SlackFault('not_in_channel');
    channel.isArchived = true;
    return {};
  },
  'conversations.unarchive': (world, given) => {
    const channel = channelOf(world, given);
    if (!channel.isArchived) throw new SlackFault('not_archived');
    channel.isArchived = false;
    return {};
  },
  'conversations.history': (world, given) => {
    const channel = channelOf(world, given);
    const oldest = Number(given.oldest ?? 0);
    const latest = given.latest ? Number(given.latest) : Number.POSITIVE_INFINITY;
    const inclusive = given.inclusive === 'true';
    const inside = channel.messages.filter(({ ts }) => {
      const at = Number(ts);
      return (at > oldest && at < latest) || (inclusive && (at === oldest || at === latest));
    });
    const { items, next } = page(inside.reverse(), given, 999);
    const withMetadata = given.include_all_metadata === 'true';
    return {
      messages: items.map((message) => shownMessage(message, withMetadata)),
      has_more: next !== '',
      pin_count: channel.pins.length,
      response_metadata: { next_cursor: next },
    };
  },
  'conversations.open': (world, given) => {
    if (given.channel) return { channel: { id: channelOf(world, given).id } };
    const users = (given.users ?? '').split(',').filter((user) => user !== '');
    if (users.length === 0) throw new SlackFault('users_list_not_supplied');
    if (users.some((user) => !knownUser(world, user))) throw new SlackFault('user_not_found');
    return { channel: { id: imWith(world, users).id } };
  },
  'chat.postMessage': (world, given) => {
    const wanted = given.channel ?? '';
    const channel = knownUser(world, wanted) ? imWith(world, [wanted]) : openChannelOf(world, given);
    const blocks = jsonArgument(given.blocks);
    const text = given.text ?? '';
    if (text === '' && blocks === undefined) throw new SlackFault('no_text');
    if (text.length > 40_000) throw new SlackFault('msg_too_long');
    if (blocks !== undefined && (!Array.isArray(blocks) || blocks.length > 50)) throw new SlackFault('invalid_blocks');
    const metadata = readMetadata(given.metadata);
    const message: ChatMessage = {
      ts: nextTs(world),
      user: botUser,
      text,
      metadata,
      blocks: blocks ?? null,
      editedTs: null,
    };
    channel.messages.push(message);
    world.state.effects.messages += 1;
    return { channel: channel.id, ts: message.ts, message: shownMessage(message, true) };
  },
  'chat.update': (world, given) => {
    const channel = openChannelOf(world, given);
    const message = channel.messages.find((other) => other.ts === given.ts);
    if (!message) throw new SlackFault('message_not_found');
    if (message.user !== botUser) throw new SlackFault('cant_update_message');
    message.text = given.text ?? message.text;
    if (given.blocks !== undefined) message.blocks = jsonArgument(given.blocks);
    if (given.metadata !== undefined) message.metadata = readMetadata(given.metadata);
    message.editedTs = nextTs(world);
    return { channel: channel.id, ts: message.ts, text: message.text, message: shownMessage(message, true) };
  },
  'chat.getPermalink': (world, given) => {
    const channel = channelOf(world, given);
    if (!channel.messages.some((message) => message.ts === given.message_ts)) throw new SlackFault('message_not_found');
    return {
      channel: channel.id,
      permalink: `${workspace}archives/${channel.id}/p${given.message_ts?.replace('.', '')}`,
    };
  },
  'pins.add': (world, given) => {
    const channel = openChannelOf(world, given);
    const ts = given.timestamp ?? '';
    if (!channel.messages.some((message) => message.ts === ts)) throw new SlackFault('message_not_found');
    if (channel.pins.includes(ts)) throw new SlackFault('already_pinned');
    channel.pins.push(ts);
    return {};
  },
  'users.lookupByEmail': (world, given) => {
    const user = chatUsers(world.organisation).find((other) => other.email === given.email);
    if (!user) throw new SlackFault('users_not_found');
    return { user: shownUser(user) };
  },
  'users.info': (world, given) => {
    const user = chatUsers(world.organisation).find((other) => other.id === given.user);
    if (!user) throw new SlackFault('user_not_found');
    return { user: shownUser(user) };
  },
  'usergroups.list': (world) => ({ usergroups: groupsOf(world.organisation) }),
  'usergroups.users.list': (world, given) => {
    if (!groupsOf(world.organisation).some((group) => group.id === given.usergroup)) {
      throw new SlackFault('no_such_subteam');
    }
    return { users: chatUsers(world.organisation).map((user) => user.id) };
  },
};
