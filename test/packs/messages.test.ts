import { expect, test } from 'vitest';
import { messageFaults, said } from './figures.ts';
import { packs } from './judging.ts';

const each = [...packs];

test.each(each)('the messages of %s leave nothing open and leak nothing', (_, pack) => {
  expect(messageFaults(pack)).toEqual([]);
});

const withTickets = each.filter(([, { messages }]) => messages.ticket !== undefined);
test.each(withTickets)('a ticket of %s has its subject in the first line', (_, pack) => {
  expect(said(pack, 'ticket').split('\n')[0]).toBe('the-severity INC-2026-014: the-title');
});
