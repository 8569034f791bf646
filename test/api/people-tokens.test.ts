import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { identities, sessionCookie } from '../../src/api/auth.ts';
import { readPeopleTokens } from '../../src/api/people-tokens.ts';
import { readConfig } from '../../src/config.ts';
import { InvalidInput, NotAuthenticated } from '../../src/domain/errors.ts';
import { sandboxOrganisation as organisation } from '../support/sandbox-organisation.ts';

const [first = '', second = ''] = Object.keys(organisation.people);
const token = 'mst_token-of-the-first';
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const known = (text: string, operatorToken?: string) =>
  identities({
    token: operatorToken,
    sandboxSecret: undefined,
    peopleTokens: readPeopleTokens(text, organisation),
    organisation,
  });

describe("a person's own token", () => {
  test('is that person, with the roles of the organisation', () => {
    expect(known(`${first}: ${digestOf(token)}`).byToken(token)).toEqual({
      id: first,
      name: organisation.people[first]?.name,
      roles: organisation.people[first]?.roles,
    });
  });
  test('is nobody without a line, with one letter more, or when it is the digest itself', () => {
    const { byToken } = known(`${first}: ${digestOf(token)}`);
    for (const wrong of ['', `${token}x`, digestOf(token), token.toUpperCase()]) {
      expect(() => byToken(wrong), wrong).toThrow(NotAuthenticated);
    }
    expect(() => known('').byToken(token)).toThrow(NotAuthenticated);
  });
  test('stands beside an older one of theirs, the other people and the operator', () => {
    const lines = [`# people`, '', `${first}: ${digestOf(token)}`, `${first} : ${digestOf('older').toUpperCase()}`];
    const { byToken } = known([...lines, `  ${second}: ${digestOf('hers')}  `].join('\r\n'), 'operator-token-1');
    expect(['older', 'hers', 'operator-token-1'].map((each) => byToken(each).id)).toEqual([first, second, 'operator']);
  });
  test('opens a session that ends when the line is gone', () => {
    const request = (cookie: string) =>
      ({ method: 'GET', headers: {}, cookies: { [sessionCookie]: cookie } }) as unknown as FastifyRequest;
    const before = known(`${first}: ${digestOf(token)}`, 'operator-token-1');
    const { value } = before.session(before.byToken(token), Date.now());
    expect(before.byRequest(request(value)).id).toBe(first);
    const after = known(`${second}: ${digestOf('hers')}`, 'operator-token-1');
    expect(() => after.byRequest(request(value))).toThrow(NotAuthenticated);
  });
  test('may come from a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'muster-tokens-')), 'tokens');
    writeFileSync(file, `${first}: ${digestOf(token)}\n${second}: ${digestOf('hers')}\n`);
    const text = readConfig({ MUSTER_PEOPLE_TOKENS_FILE: file }).MUSTER_PEOPLE_TOKENS ?? '';
    expect(known(text).byToken('hers').id).toBe(second);
  });
});

describe('a line that does not hold', () => {
  const faultsOf = (text: string): string[] => {
    try {
      readPeopleTokens(text, organisation);
    } catch (error) {
      if (error instanceof InvalidInput) return error.faults.map(({ path, message }) => `${path} ${message}`);
      throw error;
    }
    return [];
  };
  test.each([
    ['a person nobody knows', `nobody: ${digestOf(token)}`, /line 2: the organisation has no such person/],
    ['a name every object has', `constructor: ${digestOf(token)}`, /line 2: the organisation has no such person/],
    ['a digest too short', `${first}: ${digestOf(token).slice(1)}`, /line 2: write/],
    ['no person', `: ${digestOf(token)}`, /line 2: write/],
    ['the token where its digest belongs', `${first}: ${token}`, /line 2: write/],
    ["somebody else's token", `${second}: ${digestOf(token)}`, /line 2: this token is another person's/],
  ])('%s', (_, line, expected) => {
    const faults = faultsOf(`${first}: ${digestOf(token)}\n${line}`);
    expect(faults).toEqual([expect.stringMatching(expected)]);
    expect(faults.join()).toContain('MUSTER_PEOPLE_TOKENS');
    expect(faults.join()).not.toContain(token);
  });
  test('is told together with all others', () => {
    expect(faultsOf('one\ntwo\n')).toHaveLength(2);
  });
});
