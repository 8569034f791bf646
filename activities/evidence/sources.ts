/** What else the catalogue says can be asked: the service's health page, its alarms, its log group. */
import { Unavailable } from '../../src/domain/errors.ts';
import { safeText } from '../../src/domain/shorten.ts';
import type { EvidenceSources } from '../../src/integrations/integration.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import type { Service } from '../../src/schema/organisation.ts';
import type { Part } from './parts.ts';

/** The probe gives up by itself before. */
const healthPatienceMs = 12_000;
const alarmsPatienceMs = 12_000;
/** A search is stopped after this, and has this much longer to say what it found. */
const searchMs = 15_000;
const searchPatienceMs = 20_000;
const alarmsMax = 20;
const rowsMax = 50;
const nameChars = 255;
const textChars = 500;
const excerptChars = 1_000;
const cloudVariable = 'MUSTER_CLOUDWATCH_REGION (drills have no cloud)';

/** The service's sources as far as the catalogue names them; `span` is what the log is searched over. */
export const askSources = async (
  part: Part,
  { alarms, logs, health }: EvidenceSources,
  service: Pick<Service, 'health' | 'alarms' | 'logs'>,
  span: { from: string; to: string },
): Promise<Pick<Evidence, 'health' | 'alarms' | 'logSearch'>> => {
  const [page, ringing, search] = await Promise.all([
    part('the health page', null, () => ask(health, service.health), healthPatienceMs),
    part(
      'the alarms',
      [],
      async () => {
        if (!service.alarms) return [];
        const found = await configured(alarms, 'alarms', cloudVariable).ringing(service.alarms.prefix, alarmsMax);
        return found.slice(0, alarmsMax).map(({ name, since, reason, metric }) => ({
          name: safeText(name, nameChars),
          since,
          reason: safeText(reason, textChars),
          metric: metric && safeText(metric, nameChars),
        }));
      },
      alarmsPatienceMs,
    ),
    part('the log search', null, () => searchLogs(logs, service.logs, span), searchPatienceMs),
  ]);
  return { health: page, alarms: ringing, logSearch: search };
};

/** A page that does not answer is a finding, not a part that is missing. */
const ask = async (probe: EvidenceSources['health'], page: Service['health']): Promise<Evidence['health']> => {
  if (!page) return null;
  const { url: asked, expect } = page;
  // What stands behind the path may be a token.
  const url = withoutQuery(asked);
  const port = configured(probe, 'health pages', 'MUSTER_SANDBOX_URL');
  const began = performance.now();
  try {
    const { status, latencyMs, excerpt } = await port.ask(asked);
    const healthy = status === expect;
    const finding = healthy
      ? `answered ${status}, as it should`
      : `answered ${status} instead of ${expect}${status >= 300 && status < 400 ? '; redirects are not followed' : ''}`;
    return { url, healthy, status, latencyMs, finding, excerpt: safeText(excerpt, excerptChars) };
  } catch (error) {
    const finding = error instanceof Error ? safeText(error.message, textChars) : 'no answer';
    const latencyMs = Math.round(performance.now() - began);
    return { url, healthy: false, status: null, latencyMs, finding, excerpt: '' };
  }
};

const withoutQuery = (address: string): string => {
  const { origin, pathname } = new URL(address);
  return safeText(`${origin}${pathname}`, textChars);
};

const searchLogs = async (
  port: EvidenceSources['logs'],
  logs: Service['logs'],
  span: { from: string; to: string },
): Promise<Evidence['logSearch']> => {
  if (!logs) return null;
  const search = configured(port, 'log groups', cloudVariable);
  const query = logs.query ?? search.usualQuery;
  const { rows, complete } = await search.search({ group: logs.group, query, ...span, rowsMax, withinMs: searchMs });
  return {
    group: safeText(logs.group, nameChars),
    query: safeText(query, textChars),
    rows: rows.slice(0, rowsMax).map(({ at, text }) => ({ at, text: safeText(text, textChars) })),
    complete,
  };
};

const configured = <Port>(port: Port | null, what: string, variable: string): Port => {
  if (port) return port;
  throw new Unavailable(`nothing here can ask for ${what}: set ${variable}`);
};
