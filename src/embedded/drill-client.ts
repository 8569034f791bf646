/** The drill as anybody may see it: through the public API, and the sandbox's own for what reached the outside. */
import { z } from 'zod';
import { NotFound, Unavailable } from '../domain/errors.ts';
import { sandboxToken } from '../domain/sandbox-token.ts';
import { FollowUpView, IncidentList, NextList, RemediationItem, TimelineList } from '../schema/api.ts';
import type { IncidentView, TimelineItem } from '../schema/incident.ts';
import type { Changes, Received } from './drill-checks.ts';
import type { World } from './world.ts';

const SandboxState = z.object({
  pages: z.array(z.object({ id: z.string(), dedupKey: z.string(), to: z.string(), at: z.string() })),
  channels: z.array(
    z.object({
      name: z.string(),
      messages: z.array(z.object({ key: z.string().nullable() })),
    }),
  ),
  statusPosts: z.array(z.object({ id: z.string(), status: z.string(), body: z.string(), at: z.string() })),
});
const Scenarios = z.array(
  z.object({ name: z.string(), healsItself: z.boolean(), obstacle: z.string().nullable().default(null) }),
);
const Effects = z.object({
  kubeChanges: z.number(),
  sessionsEnded: z.number().default(0),
  statementsCancelled: z.number().default(0),
});

export type DrillClient = ReturnType<typeof drillClient>;

/** Every call throws Unavailable while the other side is away, and NotFound for what is not there yet. */
export const drillClient = ({ apiUrl, sandboxUrl, secrets }: Pick<World, 'apiUrl' | 'sandboxUrl' | 'secrets'>) => {
  const api = (path: string, init: RequestInit = {}) => ask(`${apiUrl}/api/v1${path}`, secrets.MUSTER_TOKEN, init);
  const sandbox = (path: string) => ask(`${sandboxUrl}${path}`, sandboxToken(secrets.MUSTER_SANDBOX_SECRET, 'control'));
  const json = async <T>(schema: z.ZodType<T>, answer: Promise<Response>): Promise<T> =>
    schema.parse(await (await answer).json());

  return {
    incidents: async (): Promise<IncidentView[]> => (await json(IncidentList, api('/incidents?limit=100'))).items,
    timeline: async (id: string): Promise<TimelineItem[]> =>
      (await json(TimelineList, api(`/incidents/${id}/timeline`))).items,
    remediations: async (id: string) =>
      (await json(z.object({ items: z.array(RemediationItem) }), api(`/incidents/${id}/remediations`))).items,
    next: async (id: string) => (await json(NextList, api(`/incidents/${id}/next`))).items,
    followUp: (id: string): Promise<FollowUpView | null> =>
      orNull(json(FollowUpView, api(`/incidents/${id}/follow-up`))),
    postmortem: (id: string): Promise<string | null> =>
      orNull(api(`/incidents/${id}/postmortem`).then((answer) => answer.text())),
    startDrill: async (drill: { scenario: string; speed: number; people: boolean }): Promise<void> => {
      await api('/drills', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(drill),
      });
    },
    changes: async (): Promise<Changes | null> => {
      const effects = await orNull(json(Effects, sandbox('/effects')));
      return effects && { cluster: effects.kubeChanges, database: effects.sessionsEnded + effects.statementsCancelled };
    },
    /** Why the sandbox cannot play it; null when it can, and for one it does not know: that is refused when it is ordered. */
    obstacle: async (scenario: string): Promise<string | null> =>
      (await json(Scenarios, sandbox('/scenarios'))).find(({ name }) => name === scenario)?.obstacle ?? null,
    /** It passes without anybody's doing. */
    healsItself: async (scenario: string): Promise<boolean> =>
      (await json(Scenarios, sandbox('/scenarios'))).some(({ name, healsItself }) => name === scenario && healsItself),
    state: () => json(SandboxState, sandbox('/state')),
  };
};

/** What the sandbox received for one incident, and of the rest only what came after `since`. */
export const receivedFor = async (
  client: DrillClient,
  incident: IncidentView,
  before: Changes | null,
): Promise<Received> => {
  const { pages, channels, statusPosts } = await client.state();
  const after = await client.changes();
  return {
    pages: pages.filter(({ dedupKey }) => dedupKey.startsWith(`${incident.id}/`)),
    statusPosts: statusPosts.filter(({ at }) => at >= incident.declaredAt),
    messageKeys: channels.flatMap(({ name, messages }) =>
      messages.flatMap(({ key }) => (key?.startsWith(`${incident.id}/`) ? [`#${name} ${key}`] : [])),
    ),
    changes: after && before && { cluster: after.cluster - before.cluster, database: after.database - before.database },
  };
};

const ask = async (url: string, token: string, init: RequestInit = {}): Promise<Response> => {
  const headers = { ...init.headers, authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(15_000) });
  } catch (error) {
    throw new Unavailable(`no answer from ${url}`, error);
  }
  if (response.ok) return response;
  const text = (await response.text()).slice(0, 400);
  if (response.status === 404) throw new NotFound(`${url}: ${text}`);
  throw new Unavailable(`${url} answered ${response.status}: ${text}`);
};

const orNull = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
};
