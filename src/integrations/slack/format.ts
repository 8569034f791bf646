/** A mention of one person, one user group or one channel; never of everybody. */
const mention = /<(?:@[UW][A-Z0-9]{2,}|!subteam\^S[A-Z0-9]{2,}|#C[A-Z0-9]{2,})(?:\|[^<>|]*)?>/g;

/** Slack cuts longer messages into several (https://docs.slack.dev/reference/methods/chat.postMessage). */
const messageCharactersMax = 12_000;
const topicCharactersMax = 250;
const roomNameCharactersMax = 80;

/**
 * Text for mrkdwn: mentions that our own templates put there stay alive, every other angle bracket becomes a character.
 * Values were escaped when they were rendered; this is the second wall, so `<!channel>` and `<https://x|bank>` from an
 * alert's title are never alive. An ampersand is escaped unless it already is.
 */
export const toMrkdwn = (text: string): string => {
  const short = text.length <= messageCharactersMax ? text : `${text.slice(0, messageCharactersMax - 1)}…`;
  let written = '';
  let from = 0;
  for (const found of short.matchAll(mention)) {
    written += escaped(short.slice(from, found.index)) + found[0];
    from = found.index + found[0].length;
  }
  return written + escaped(short.slice(from));
};

const escaped = (text: string): string =>
  text
    .replace(/&(?!(?:amp|lt|gt);)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

export const toTopic = (text: string): string => escaped(text).slice(0, topicCharactersMax);

/** Lower case letters, digits, hyphen, underscore; the suffix survives the cut to 80. */
export const toRoomName = (name: string, suffix = ''): string => {
  const clean = (part: string): string =>
    part
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^-+|-+$/g, '');
  const tail = suffix === '' ? '' : `-${clean(suffix)}`;
  return `${clean(name).slice(0, roomNameCharactersMax - tail.length)}${tail}`;
};
