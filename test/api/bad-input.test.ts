/** Every file of test/fixtures/bad-input is one case: what is sent, the answer that is documented, what is kept. */
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sandboxToken } from '../../src/domain/sandbox-token.ts';
import {
  type Answer,
  anApi,
  type Harness,
  operatorToken,
  pagerdutySecret,
  personToken,
  readAnswer,
  sandboxSecret,
} from './harness.ts';

interface Recipe {
  prefix?: string;
  repeat?: string;
  /** As repeat, with # replaced by the number of the copy. */
  repeatNumbered?: string;
  times: number;
  /** Repeated as often, to close what was opened. */
  close?: string;
  suffix?: string;
}
interface Case {
  because: string;
  request: {
    /** A webhook; else method and path. `{open}` in a path is an open incident. */
    source?: string;
    method?: 'GET' | 'POST';
    path?: string;
    /** `none`, `wrong`, `source:<name>`, `person:<id>`; the operator when absent. */
    auth?: string;
    headers?: Record<string, string | Recipe>;
    headersAgain?: Record<string, string>;
    body?: unknown;
    bodyText?: string;
    bodyBase64?: string;
    bodyRecipe?: Recipe;
    /** A PagerDuty signature. */
    sign?: { secret: 'right' | 'wrong'; scheme?: string; before?: string; appendAfter?: string };
    /** A signed SNS message. */
    sns?: {
      message: Record<string, string>;
      version?: '1' | '2';
      after?: Record<string, string>;
      ageSeconds?: number;
    };
    times?: number;
  };
  expect: {
    status: number;
    code?: string;
    /** The field that the problem names. */
    names?: string;
    accepted?: number;
    incidents?: number;
    title?: string;
    severity?: string;
    drill?: boolean;
    quarantined?: number;
    /** How often something was fetched from SNS. */
    fetched?: number;
    kept: 'stored' | 'quarantined' | 'nothing';
  };
}

const folder = fileURLToPath(new URL('../fixtures/bad-input', import.meta.url));
const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
const read = (name: string): Case => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Case;

let api: Harness;
let database: pg.Client;
beforeAll(async () => {
  api = await anApi();
  database = new pg.Client({ connectionString: api.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await api.close();
});

const tables = ['quarantine', 'outbox', 'alert', 'timeline', 'delivery', 'incident'];
const countOf = async (table: string): Promise<number> =>
  Number((await database.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count);

describe('bad input', () => {
  test('is tried in at least forty ways', () => {
    expect(names.length).toBeGreaterThanOrEqual(40);
  });

  test.each(names)('%s', async (name) => {
    const given = read(name);
    await database.query(`truncate ${tables.join(', ')} cascade`);
    api.topic.fetched.length = 0;
    const answer = await sent(given);
    const { expect: wanted, because } = given;

    expect.soft(answer.status, because).toBeLessThan(500);
    expect.soft(answer.status, `${because}: ${answer.text.slice(0, 300)}`).toBe(wanted.status);
    if (wanted.code !== undefined) {
      expect.soft(answer.headers['content-type']).toContain('application/problem+json');
      expect.soft(answer.body).toMatchObject({ code: wanted.code, detail: expect.stringMatching(/\w/) });
    }
    if (wanted.names !== undefined) {
      const faults = (answer.body.errors ?? []) as { path: string }[];
      expect.soft(faults.map(({ path }) => path.split('.')[0])).toContain(wanted.names);
    }
    if (wanted.accepted !== undefined) expect.soft(answer.body.accepted).toBe(wanted.accepted);
    if (wanted.incidents !== undefined) await checkIncidents(answer, wanted);
    if (wanted.fetched !== undefined) expect.soft(api.topic.fetched).toHaveLength(wanted.fetched);
    if (given.request.source !== undefined) await checkKept(answer, wanted);
  });
});

const checkIncidents = async (answer: Answer, wanted: Case['expect']): Promise<void> => {
  const incidents = answer.body.incidents as unknown as string[];
  expect.soft(incidents).toHaveLength(wanted.incidents ?? 0);
  const view = incidents[0] ? await api.store.incidents.incident(incidents[0]) : null;
  if (wanted.title !== undefined) expect.soft(view?.title).toBe(wanted.title);
  if (wanted.severity !== undefined) expect.soft(view?.severity).toBe(wanted.severity);
  if (wanted.drill !== undefined) expect.soft(view?.drill).toBe(wanted.drill);
};

/** An authentic delivery is always somewhere: with its receipt, or in quarantine with its start. A stranger's is not. */
const checkKept = async (answer: Answer, wanted: Case['expect']): Promise<void> => {
  const { rows } = await database.query<{ id: string }>('select id from delivery');
  expect.soft(rows).toHaveLength(wanted.kept === 'nothing' ? 0 : 1);
  if (wanted.kept === 'stored') expect.soft(rows[0]?.id).toBe(answer.body.receipt);
  const quarantined = wanted.quarantined ?? (wanted.kept === 'quarantined' ? 1 : 0);
  expect.soft(await countOf('quarantine')).toBe(quarantined);
};

const sent = async (given: Case): Promise<Answer> => {
  const { request } = given;
  const payload = payloadOf(given);
  const open = request.path?.includes('{open}') ? await anOpenIncident() : '';
  const headers: Record<string, string> = { ...tokenHeader(request.auth), ...signature(request, payload) };
  if (payload.length > 0) headers['content-type'] = 'application/json';
  for (const [key, value] of Object.entries(request.headers ?? {})) {
    headers[key] = typeof value === 'string' ? value : cooked(value);
  }
  const send = async (more: Record<string, string> = {}): Promise<Answer> =>
    readAnswer(
      await api.app.inject({
        method: request.method ?? 'POST',
        url:
          request.source === undefined ? (request.path ?? '/').replace('{open}', open) : `/webhooks/${request.source}`,
        headers: { ...headers, ...more },
        ...(payload.length > 0 || request.bodyText === '' ? { payload } : {}),
      }),
    );
  let answer = await send();
  for (let time = 1; time < (request.times ?? 1); time += 1) answer = await send(request.headersAgain);
  return answer;
};

const payloadOf = ({ request }: Case): Buffer => {
  if (request.sns) {
    const { message, ageSeconds, ...options } = request.sns;
    const Timestamp = new Date(Date.now() - (ageSeconds ?? 0) * 1_000).toISOString();
    return Buffer.from(api.topic.sign({ Timestamp, ...message }, options));
  }
  if (request.bodyBase64 !== undefined) return Buffer.from(request.bodyBase64, 'base64');
  if (request.bodyText !== undefined) return Buffer.from(request.bodyText);
  if (request.bodyRecipe) return Buffer.from(cooked(request.bodyRecipe));
  return request.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(request.body));
};

const cooked = ({ prefix = '', repeat = '', repeatNumbered, times, close = '', suffix = '' }: Recipe): string => {
  const middle = repeatNumbered
    ? Array.from({ length: times }, (_, at) => repeatNumbered.replace('#', String(at))).join('')
    : repeat.repeat(times);
  return `${prefix}${middle}${close.repeat(times)}${suffix}`;
};

const tokenHeader = (auth: string | undefined): Record<string, string> => {
  if (auth === 'none') return {};
  if (auth === 'wrong') return { authorization: 'Bearer this-is-not-a-token' };
  if (auth?.startsWith('person:')) return { authorization: `Bearer ${personToken(auth.slice('person:'.length))}` };
  if (auth?.startsWith('source:')) return { authorization: `Bearer ${sandboxToken(sandboxSecret, auth)}` };
  return { authorization: `Bearer ${operatorToken}` };
};

const signature = ({ sign }: Case['request'], payload: Buffer): Record<string, string> => {
  if (!sign) return {};
  const secret = sign.secret === 'right' ? pagerdutySecret : 'another secret';
  const signed = Buffer.concat([payload, Buffer.from(sign.appendAfter ?? '')]);
  const hex = createHmac('sha256', secret).update(signed).digest('hex');
  return { 'x-pagerduty-signature': `${sign.before ?? ''}${sign.scheme ?? 'v1'}=${hex}` };
};

const anOpenIncident = async (): Promise<string> => {
  const { body } = await api.ask('POST', '/api/v1/incidents', { title: 'Open' });
  return String(body.id);
};
