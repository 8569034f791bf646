import { z } from 'zod';
import type { IncidentView } from '../../schema/incident.ts';
import type { EffectRow } from '../../store/store.ts';
import type { App } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { answers, describeOperation } from './operation.ts';

const PublicIncident = z.object({
  id: z.string(),
  title: z.string(),
  status: z.string(),
  startedAt: z.string(),
  resolvedAt: z.string().nullable(),
  nextUpdateAt: z.string().nullable(),
  updates: z.array(z.object({ at: z.string(), status: z.string(), text: z.string() })),
});
type PublicIncident = z.infer<typeof PublicIncident>;
const PublicStatus = z.object({
  name: z.string(),
  generatedAt: z.string(),
  components: z.array(z.object({ name: z.string(), status: z.string() })),
  incidents: z.array(PublicIncident),
  past: z.array(PublicIncident),
});

const snapshotMs = 2_000;
const lookedAtMax = 100;
const pastMax = 20;

/** What customers may know: needs no login, names services by their public names, and is made at most every 2 s. */
export const statusRoutes = async (app: App, dependencies: ApiDependencies): Promise<void> => {
  let snapshot: { madeAt: number; status: Promise<z.infer<typeof PublicStatus>> } | null = null;

  app.get(
    '/api/v1/status',
    {
      schema: {
        ...describeOperation('status', 'The public status page as data'),
        security: [],
        response: answers({ 200: PublicStatus }, [503]),
      },
    },
    async (_request, reply) => {
      if (!snapshot || Date.now() - snapshot.madeAt > snapshotMs) {
        const status = publicStatus(dependencies);
        snapshot = { madeAt: Date.now(), status };
        status.catch(() => {
          snapshot = null;
        });
      }
      reply.header('cache-control', 'public, max-age=2');
      return snapshot.status;
    },
  );
};

const publicStatus = async ({
  store,
  rulebook,
  showDrills,
}: ApiDependencies): Promise<z.infer<typeof PublicStatus>> => {
  const { organisation } = rulebook;
  const { items } = await store.incidents.incidents({ limit: lookedAtMax });
  const incidents: PublicIncident[] = [];
  const past: PublicIncident[] = [];
  const hurt = new Set<string>();
  for (const view of items.filter(({ drill }) => showDrills || !drill)) {
    const posts = postsOf(await store.effects.effects(view.id));
    if (posts.length === 0) continue;
    const isOver = ['resolved', 'closed', 'cancelled'].includes(view.status);
    const service = view.service === null ? undefined : organisation.services[view.service];
    const shown = publicIncident(view, posts, service?.publicName ?? organisation.name);
    if (isOver) past.push(shown);
    else {
      incidents.push(shown);
      if (view.service !== null && view.status !== 'monitoring') hurt.add(view.service);
    }
  }
  return {
    name: organisation.name,
    generatedAt: new Date().toISOString(),
    components: Object.entries(organisation.services).map(([id, { publicName }]) => ({
      name: publicName,
      status: hurt.has(id) ? 'degraded' : 'operational',
    })),
    incidents,
    past: past.slice(0, pastMax),
  };
};

type PublicPost = PublicIncident['updates'][number];
const StatusDetail = z.object({ status: z.string(), body: z.string() });

/** The very words that went to the status page, after the leak guard: the ledger keeps them. */
const postsOf = (effects: EffectRow[]): PublicPost[] =>
  effects
    .filter(({ kind, status }) => kind === 'status' && (status === 'applied' || status === 'verified'))
    .flatMap(({ detail, updatedAt }) => {
      const read = StatusDetail.safeParse(detail);
      return read.success ? [{ at: updatedAt, status: read.data.status, text: read.data.body }] : [];
    });

/** The title that colleagues gave may name systems: customers read the public name of what is affected. */
const publicIncident = (view: IncidentView, posts: PublicPost[], what: string): PublicIncident => ({
  id: view.id,
  title: `${what}: ${view.status === 'monitoring' ? 'recovering' : isOverWord(view) ? 'was affected' : 'affected'}`,
  status: publicWord(view),
  startedAt: view.declaredAt,
  resolvedAt: view.resolvedAt,
  nextUpdateAt: isOverWord(view) ? null : view.updates.public.dueAt,
  updates: posts.reverse(),
});

const isOverWord = ({ status }: IncidentView): boolean => ['resolved', 'closed', 'cancelled'].includes(status);

const publicWord = (view: IncidentView): string => {
  if (isOverWord(view)) return 'resolved';
  if (view.status === 'monitoring') return 'monitoring';
  return view.status === 'identified' || view.status === 'mitigating' ? 'identified' : 'investigating';
};
