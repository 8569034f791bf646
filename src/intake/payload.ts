/** What a body must be before anything parses it. One linear pass, no recursion: depth cannot overflow our stack. */
import { sha256 } from '../domain/sha256.ts';

export const payloadBytesMax = 1024 * 1024;
const payloadDepthMax = 64;
const payloadKeysMax = 10_000;
/** How much of refused garbage is kept for a person to look at. */
const excerptBytesMax = 4 * 1024;

/** The reason a body is not acceptable JSON, in words for the sender, or null. */
export const faultOf = (raw: Buffer): string | null => {
  if (raw.length === 0) return 'the body is empty; send JSON';
  if (raw.length > payloadBytesMax)
    return `the body is larger than ${payloadBytesMax} bytes; send fewer alerts at once`;
  if (raw.includes(0)) return 'the body contains a NUL byte; send text';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch {
    return 'the body is not valid UTF-8; send JSON in UTF-8, not compressed';
  }
  const structure = structureFault(text);
  if (structure) return structure;
  try {
    JSON.parse(text);
  } catch {
    return 'the body is not JSON; send one JSON document';
  }
  return null;
};

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Counts outside of strings: braces for depth, colons for keys. Inside strings only an escaped NUL matters. */
const structureFault = (text: string): string | null => {
  let depth = 0;
  let keys = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === quote) inString = false;
      else if (code === backslash) {
        if (text.startsWith('\\u0000', at)) return 'the body contains an escaped NUL (\\u0000); send text without it';
        at += 1;
      }
    } else if (code === quote) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > payloadDepthMax) return `the body nests deeper than ${payloadDepthMax} levels; send it flatter`;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === colon) {
      keys += 1;
      if (keys > payloadKeysMax) return `the body has more than ${payloadKeysMax} keys; send fewer alerts at once`;
    }
  }
  return null;
};

export const bodyHashOf = (raw: Buffer): string => sha256(raw);

/** The start of a body as text that any store takes. */
export const excerptOf = (raw: Buffer): string => storable(raw.subarray(0, excerptBytesMax).toString('utf8'));

/** PostgreSQL refuses NUL and lone surrogates in text and JSON. */
export const storable = (text: string): string => text.replaceAll('\u0000', '\uFFFD').toWellFormed();
