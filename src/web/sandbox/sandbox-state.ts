/** The sandbox's own control API: other origin, other shapes; every field beyond the documented ones is optional. */
import { useEffect, useState } from 'preact/hooks';
import type { Series } from '../../schema/evidence.ts';
import { RequestFailed } from '../server/client.ts';
import { type Resource, useResource } from '../server/resource.ts';

export interface SandboxPage {
  id: string;
  dedupKey: string;
  /** The person's name. */
  to: string;
  person?: string;
  at: string;
  status: string;
  summary?: string;
}
export interface SandboxRoom {
  name: string;
  kind?: string;
  archived?: boolean;
  members?: string[];
  messages: { at: string; from: string; text: string }[];
}
export interface SandboxState {
  pages: SandboxPage[];
  channels: SandboxRoom[];
  statusPosts: { id: string; status: string; body: string; at: string }[];
  deployments: {
    namespace: string;
    name: string;
    image: string;
    revision: number | string;
    replicas: number;
    ready: number;
  }[];
  mails: { to: string | string[]; subject: string; at: string; text?: string }[];
  pods?: {
    name: string;
    namespace: string;
    app?: string | null;
    ready: boolean;
    phase: string;
    reason: string | null;
    restarts: number;
  }[];
  metrics?: (Omit<Series, 'title' | 'marks'> & { name: string; service: string })[];
}
export interface Scenario {
  name: string;
  title: string;
  breaks?: string;
}
/** The people of the stand-in company may be played by whoever looks at it: it hands out their tokens. */
export interface SandboxPerson {
  id: string;
  name: string;
  roles: string[];
  token: string;
}

export const ask = async <T>(url: string, init: RequestInit = {}, whom = 'The sandbox'): Promise<T> => {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new RequestFailed({
      title: `${whom} does not answer`,
      status: 0,
      code: 'unreachable',
      detail: 'It may be starting again. Incidents go on without it.',
    });
  }
  if (!response.ok) {
    const said: { error?: string; detail?: string } = await response.json().catch(() => ({}));
    throw new RequestFailed({
      title: 'Refused',
      status: response.status,
      code: 'refused',
      detail: said.detail ?? said.error ?? `The answer was ${response.status}.`,
    });
  }
  return (await response.json().catch(() => null)) as T;
};

export const base = (url: string): string => url.replace(/\/$/, '');
/** Its events come in bursts while a curve climbs. */
const coalesceMs = 400;

export const useSandbox = (url: string): Resource<SandboxState> => {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    let pending: ReturnType<typeof setTimeout> | undefined;
    const changed = (): void => {
      pending ??= setTimeout(() => {
        pending = undefined;
        setVersion((known) => known + 1);
      }, coalesceMs);
    };
    const source = new EventSource(`${base(url)}/events`);
    source.onmessage = changed;
    source.addEventListener('changed', changed);
    const anyway = setInterval(changed, 5_000);
    return () => {
      source.close();
      clearInterval(anyway);
      clearTimeout(pending);
    };
  }, [url]);
  return useResource(`sandbox ${url}`, version, () => ask<SandboxState>(`${base(url)}/state`));
};

export const pressPhone = (url: string, page: string): Promise<unknown> =>
  ask(`${base(url)}/pages/${encodeURIComponent(page)}/acknowledge`, { method: 'POST' });

/** Breaks something without announcing a drill: for Muster it is a real alert. */
export const breakUnannounced = (url: string, scenario: string): Promise<unknown> =>
  ask(`${base(url)}/scenarios/${encodeURIComponent(scenario)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });

export const useScenarios = (url: string): Resource<Scenario[]> =>
  useResource(`scenarios ${url}`, 0, () => ask<Scenario[]>(`${base(url)}/scenarios`));
export const useSandboxPeople = (url: string): Resource<SandboxPerson[]> =>
  useResource(`people ${url}`, 0, () => ask<SandboxPerson[]>(`${base(url)}/people`));

export const isRinging = (page: SandboxPage): boolean => page.status === 'triggered';
