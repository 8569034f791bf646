/**
 * The HTTP API of Prometheus (https://prometheus.io/docs/prometheus/latest/querying/api/) over the sandbox's figures.
 * It does not evaluate PromQL: a query is known by the metric and the service it names, anything else yields an empty vector.
 */
import type { Health } from './health.ts';
import { answer, type SandboxAnswer, type SandboxRequest } from './wire.ts';
import type { World } from './world.ts';

const pointsMax = 11_000;

interface Known {
  figure: string;
  /** The figure is kept in milliseconds; a query may want seconds. */
  factor: number;
}

/** Null: nothing we measure. */
export const understand = (query: string): Known | null => {
  const service = /(?:service|app|deployment|job)\s*=\s*"([a-z0-9-]+)"/.exec(query)?.[1];
  if (!service) return null;
  if (/http_requests_total/.test(query) && /(?:code|status)\s*=~?\s*"5/.test(query)) {
    return { figure: `errors/${service}`, factor: 1 };
  }
  if (/histogram_quantile|request_duration/.test(query)) {
    return { figure: `latency/${service}`, factor: /\*\s*1000\b|milliseconds/.test(query) ? 1 : 0.001 };
  }
  if (/pg_stat_activity_count/.test(query)) return { figure: `connections/${service}`, factor: 1 };
  return null;
};

export const handlePrometheus = (world: World, health: Health, request: SandboxRequest): SandboxAnswer => {
  const given = new URLSearchParams(request.query);
  if (request.method === 'POST') {
    for (const [name, value] of new URLSearchParams(request.body.toString('utf8'))) given.set(name, value);
  }
  if (request.path === '/-/healthy' || request.path === '/-/ready')
    return answer(200, 'Prometheus Server is Healthy.\n');
  if (!['GET', 'POST'].includes(request.method)) return answer(405, 'Method Not Allowed');
  if (request.path === '/api/v1/query') return instant(world, health, given);
  if (request.path === '/api/v1/query_range') return range(health, given);
  return answer(404, '404 page not found\n');
};

const badData = (error: string): SandboxAnswer => answer(400, { status: 'error', errorType: 'bad_data', error });

const success = (resultType: 'vector' | 'matrix', result: unknown[]): SandboxAnswer =>
  answer(200, { status: 'success', data: { resultType, result } });

/** RFC 3339 or Unix seconds, to milliseconds. */
const instantMs = (text: string | null): number | null => {
  if (text === null || text === '') return null;
  const ms = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
  return Number.isFinite(ms) ? ms : null;
};

const stepMs = (text: string | null): number | null => {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text ?? '') ?? [];
  if (amount === undefined) return null;
  return Number(amount) * ({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? Number.NaN);
};

const instant = (world: World, health: Health, given: URLSearchParams): SandboxAnswer => {
  const query = given.get('query');
  if (!query) return badData('invalid parameter "query": 1:1: parse error: no expression found in input');
  const asked = given.has('time') ? instantMs(given.get('time')) : world.nowMs();
  if (asked === null)
    return badData(`invalid parameter "time": cannot parse "${given.get('time')}" to a valid timestamp`);
  const known = understand(query);
  if (!known) return success('vector', []);
  const isNow = Math.abs(asked - world.nowMs()) < 1_500;
  const value = isNow ? health.now(known.figure) : health.at(known.figure, asked);
  return success(
    'vector',
    value === null ? [] : [{ metric: {}, value: [asked / 1_000, String(value * known.factor)] }],
  );
};

const range = (health: Health, given: URLSearchParams): SandboxAnswer => {
  const query = given.get('query');
  if (!query) return badData('invalid parameter "query": 1:1: parse error: no expression found in input');
  const start = instantMs(given.get('start'));
  const end = instantMs(given.get('end'));
  const step = stepMs(given.get('step'));
  if (start === null) return badData('invalid parameter "start": cannot parse to a valid timestamp');
  if (end === null) return badData('invalid parameter "end": cannot parse to a valid timestamp');
  if (end < start) return badData('invalid parameter "end": end timestamp must not be before start time');
  if (step === null || step <= 0) {
    return badData(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  if ((end - start) / step > pointsMax) {
    return badData(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const known = understand(query);
  if (!known) return success('matrix', []);
  const values: [number, string][] = [];
  for (let at = start; at <= end; at += step) {
    const value = health.at(known.figure, at);
    if (value !== null) values.push([at / 1_000, String(value * known.factor)]);
  }
  return success('matrix', values.length === 0 ? [] : [{ metric: {}, values }]);
};
