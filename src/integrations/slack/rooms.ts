import type { WebClient } from '@slack/web-api';
import { VendorError } from '../../domain/errors.ts';
import { failpoint } from '../../domain/failpoint.ts';
import { toVendorError } from './failure.ts';
import { toRoomName } from './format.ts';

export interface SlackChannel {
  id: string;
  name: string;
  creator: string | null;
  createdAt: number;
  archived: boolean;
  purpose: string;
}

/** The clocks of Slack and of the declaration may differ by this. */
const clockSkewMs = 60_000;
const channelsPerPage = 1_000;
const pagesMax = 20;
const markerPrefix = 'muster:';

/** Every channel the bot may see, until `wanted` says which; at most 20,000. */
export const findChannel = async (
  client: WebClient,
  wanted: (channel: SlackChannel) => boolean,
): Promise<SlackChannel | null> => {
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await client.conversations.list({
      types: 'public_channel,private_channel',
      exclude_archived: false,
      limit: channelsPerPage,
      ...(cursor ? { cursor } : {}),
    });
    const found = (answer.channels ?? []).map(channelOf).find((channel) => channel !== null && wanted(channel));
    if (found) return found;
    cursor = answer.response_metadata?.next_cursor;
    if (!cursor) return null;
  }
  return null;
};

/**
 * The room that carries the marker, else a new one. A name somebody else has taken gets the suffix; a room of that name
 * is ours only when it carries our marker, or when our own bot made it after the declaration and died before marking it.
 * Slack does not make names unique under concurrency, so two calls at one moment may make two rooms: the caller's ledger
 * keeps them apart in time.
 */
export const openMarkedRoom = async (
  client: WebClient,
  botUser: string,
  wanted: { name: string; marker: string; suffix: string; declaredAt: string },
): Promise<SlackChannel> => {
  const marker = markerPrefix + wanted.marker;
  const marked = await findChannel(client, (channel) => carries(channel, marker) && !channel.archived);
  if (marked) return marked;
  for (const name of [
    toRoomName(wanted.name),
    toRoomName(wanted.name, wanted.suffix),
    toRoomName(wanted.name, `${wanted.suffix}-2`),
  ]) {
    const room = (await create(client, name)) ?? (await abandoned(client, botUser, name, wanted.declaredAt));
    if (!room) continue;
    failpoint('room:created-unmarked');
    await client.conversations.setPurpose({ channel: room.id, purpose: `Incident room. ${marker}` });
    return room;
  }
  throw new VendorError(`every name for the room is taken, such as #${toRoomName(wanted.name)}; open one by hand`, {
    vendor: 'slack',
    status: 400,
    terminal: true,
    reason: 'name_taken',
  });
};

const create = async (client: WebClient, name: string): Promise<SlackChannel | null> => {
  try {
    const answer = await client.conversations.create({ name });
    const room = answer.channel ? channelOf(answer.channel) : null;
    if (room) return room;
    throw new VendorError('Slack created a channel without an id', {
      vendor: 'slack',
      status: null,
      terminal: false,
      reason: 'unreadable_answer',
    });
  } catch (error) {
    const trouble = toVendorError(error);
    if (trouble.reason === 'name_taken') return null;
    throw trouble;
  }
};

/** A room of this name that our bot made after the declaration and that no other incident has marked. */
const abandoned = async (
  client: WebClient,
  botUser: string,
  name: string,
  declaredAt: string,
): Promise<SlackChannel | null> =>
  findChannel(
    client,
    (channel) =>
      channel.name === name &&
      !channel.archived &&
      channel.creator === botUser &&
      channel.createdAt >= Date.parse(declaredAt) - clockSkewMs &&
      !channel.purpose.includes(markerPrefix),
  );

const carries = (channel: SlackChannel, marker: string): boolean => channel.purpose.split(/\s+/).includes(marker);

const channelOf = (raw: {
  id?: string;
  name?: string;
  creator?: string;
  created?: number;
  is_archived?: boolean;
  purpose?: { value?: string };
}): SlackChannel | null =>
  raw.id && raw.name
    ? {
        id: raw.id,
        name: raw.name,
        creator: raw.creator ?? null,
        createdAt: (raw.created ?? 0) * 1_000,
        archived: raw.is_archived ?? false,
        purpose: unescaped(raw.purpose?.value ?? ''),
      }
    : null;

/** Slack hands purposes back with `&`, `<` and `>` escaped. */
const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
