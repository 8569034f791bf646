import type { IncidentView } from '../../schema/incident.ts';
import { Loaded } from '../parts/notes.tsx';
import { Chat, Cluster, Figures, Phones } from './panes.tsx';
import { useSandbox } from './sandbox-state.ts';

/** Beside a drill: the phones it rings, the room it opened, the cluster it is about. */
export const SandboxAside = ({ url, incident }: { url: string; incident: IncidentView }) => {
  const sandbox = useSandbox(url);
  return (
    <section id="sandbox" class="sandbox-aside" aria-labelledby="sandbox-title">
      <h2 id="sandbox-title">
        Sandbox <a href="/sandbox">open</a>
      </h2>
      <Loaded resource={sandbox} what="the sandbox">
        {(state) => (
          <>
            <Phones url={url} state={state} only={incident.id} />
            <Chat state={state} only={incident.room?.name ?? 'no room yet'} />
            <Cluster state={onlyService(state, incident.service)} />
            <Figures state={state} only={incident.service} />
          </>
        )}
      </Loaded>
    </section>
  );
};

/** The deployment of the incident's service; all of them when none has that name. */
const onlyService = <State extends { deployments: { name: string }[] }>(
  state: State,
  service: string | null,
): State => {
  const own = state.deployments.filter((deployment) => deployment.name === service);
  return own.length > 0 ? { ...state, deployments: own } : state;
};
