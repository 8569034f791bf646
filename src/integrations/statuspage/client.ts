import { z } from 'zod';
import { VendorError } from '../../domain/errors.ts';
import { failpoint } from '../../domain/failpoint.ts';
import { callOk } from '../http.ts';
import type { StatusPage, StatusPost } from '../integration.ts';

const Incident = z.object({
  id: z.string(),
  status: z.string(),
  shortlink: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});
type Incident = z.infer<typeof Incident>;
/** What we keep on the incident at the vendor: whose it is, and which of our posts it has. */
const Ours = z.object({ incident: z.string(), posts: z.array(z.string()) });

const listedMax = 100;
const postsKeptMax = 60;
const nameCharactersMax = 255;
const bodyCharactersMax = 25_000;

/** How bad the page looks; without it Statuspage would compute a figure of its own. */
const impactOf = {
  operational: 'none',
  degraded_performance: 'minor',
  partial_outage: 'major',
  major_outage: 'critical',
};

/**
 * Atlassian Statuspage API v1 (https://developer.statuspage.io). An incident is found by our metadata before one is
 * created. The list of our posts travels in the same request as the post itself, so after a lost answer a look at the
 * incident says whether the post is there. Resolving sets the component back, which Statuspage does not do by itself.
 */
export const createStatusPage = (settings: { url: string; pageId: string; apiKey: string }): StatusPage => {
  const base = `${settings.url.replace(/\/$/, '')}/v1/pages/${encodeURIComponent(settings.pageId)}/incidents`;
  const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<unknown> => {
    const answer = await callOk({
      vendor: 'statuspage',
      method,
      url: `${base}${path}`,
      headers: { authorization: `OAuth ${settings.apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      reasonOf,
    });
    try {
      return JSON.parse(answer.text);
    } catch (error) {
      throw unreadable(error);
    }
  };
  const read = <Shape extends z.ZodType>(shape: Shape, value: unknown): z.infer<Shape> => {
    const parsed = shape.safeParse(value);
    if (!parsed.success) throw unreadable(parsed.error);
    return parsed.data;
  };
  const find = async (incidentKey: string): Promise<Incident | null> => {
    for (const path of [`/unresolved?per_page=${listedMax}`, `?limit=${listedMax}`]) {
      const listed = read(z.array(Incident), await ask('GET', path));
      const found = listed.find((incident) => oursOf(incident)?.incident === incidentKey);
      if (found) return found;
    }
    return null;
  };

  return {
    publish: async (post) => {
      const known = await find(post.incidentKey);
      const posts = known ? (oursOf(known)?.posts ?? []) : [];
      if (known && posts.includes(post.postKey)) return answerOf(known, settings.url);
      const incident = incidentOf(post, posts);
      failpoint('status:before-publish');
      const published = known
        ? await ask('PATCH', `/${encodeURIComponent(known.id)}`, { incident })
        : await ask('POST', '', {
            incident: { ...incident, name: post.name.slice(0, nameCharactersMax), deliver_notifications: true },
          });
      return answerOf(read(Incident, published), settings.url);
    },
  };
};

const incidentOf = (post: StatusPost, posts: string[]): Record<string, unknown> => {
  const componentStatus = post.status === 'resolved' ? 'operational' : post.componentStatus;
  return {
    status: post.status,
    body: post.body.slice(0, bodyCharactersMax),
    deliver_notifications: true,
    // The impact of a resolved incident stays what it was.
    ...(post.status === 'resolved' ? {} : { impact_override: impactOf[post.componentStatus] }),
    ...(post.component ? { component_ids: [post.component], components: { [post.component]: componentStatus } } : {}),
    metadata: { muster: { incident: post.incidentKey, posts: [...posts, post.postKey].slice(-postsKeptMax) } },
  };
};

const oursOf = (incident: Incident): z.infer<typeof Ours> | null => {
  const parsed = Ours.safeParse(incident.metadata?.muster);
  return parsed.success ? parsed.data : null;
};

const answerOf = (incident: Incident, url: string): { id: string; url: string } => ({
  id: incident.id,
  url: incident.shortlink ?? `${url.replace(/\/$/, '')}/incidents/${incident.id}`,
});

/** The write may have gone through: look again. */
const unreadable = (cause: unknown): VendorError =>
  new VendorError(
    'statuspage answered something that is not its API; check STATUSPAGE_API_URL',
    { vendor: 'statuspage', status: null, terminal: false, reason: 'unreadable_answer' },
    cause,
  );

/** Refusals look like `{"error":"..."}` or `{"error":["...", "..."]}`. */
const reasonOf = (text: string): string | undefined => {
  try {
    const refusal = z.object({ error: z.union([z.string(), z.array(z.string())]) }).safeParse(JSON.parse(text));
    return refusal.success ? [refusal.data.error].flat().join(', ').slice(0, 120) : undefined;
  } catch {
    return undefined;
  }
};
