import { useEffect, useMemo, useState } from 'preact/hooks';
import type { FollowUpView } from '../../schema/api.ts';
import type { Evidence } from '../../schema/evidence.ts';
import type { IncidentView } from '../../schema/incident.ts';
import { CommandDialog, type CommandForm } from '../parts/command-dialog.tsx';
import { Failed, Loading } from '../parts/notes.tsx';
import { StaleBar } from '../parts/stale-bar.tsx';
import { isOpen } from '../parts/status-word.ts';
import { useTitle } from '../parts/title.ts';
import { SandboxAside } from '../sandbox/sandbox-aside.tsx';
import { incidentPath, read, readIfThere } from '../server/client.ts';
import { LiveContext, useLive } from '../server/live.ts';
import { useResource } from '../server/resource.ts';
import { useMe } from '../server/session.ts';
import type { OnCall, Remediations, Timeline } from '../server/shapes.ts';
import { AfterSection } from './after-section.tsx';
import { EvidenceSection } from './evidence-section.tsx';
import { IncidentHeader, RolesAndCommands } from './incident-header.tsx';
import { knownPeople } from './known-people.ts';
import { NextDeadline } from './next-deadline.tsx';
import { NowSection } from './now-section.tsx';
import { PromisesSection } from './promises-section.tsx';
import { ScopeProvider } from './scope.ts';
import { TimelineSection } from './timeline-section.tsx';

export const IncidentPage = ({ id }: { id: string }) => {
  const live = useLive(incidentPath(id, '/events'));
  const [pressed, setPressed] = useState(0);
  const version = live.version + pressed;
  const me = useMe();
  const view = useResource(id, version, () => read<IncidentView>(incidentPath(id)));
  const timeline = useResource(id, version, () => read<Timeline>(incidentPath(id, '/timeline')));
  const remediations = useResource(id, version, () => read<Remediations>(incidentPath(id, '/remediations')));
  const evidence = useResource(id, version, () => readIfThere<Evidence>(incidentPath(id, '/evidence')));
  // Asked for only once there can be one.
  const over = view.value !== undefined && !isOpen(view.value.status);
  const followUp = useResource(`${id} ${over}`, version, async () =>
    over ? readIfThere<FollowUpView>(incidentPath(id, '/follow-up')) : null,
  );
  const onCall = useResource('on-call', 0, () => readIfThere<OnCall>('/api/v1/on-call'));
  const [form, setForm] = useState<CommandForm | null>(null);
  useTitle(view.value ? `${view.value.severity} ${view.value.title}` : id);
  useHashAfterLoad(timeline.value !== undefined);

  const scope = useMemo(
    () =>
      view.value && {
        view: view.value,
        timeline: timeline.value?.items ?? [],
        remediations: remediations.value?.items ?? [],
        people: knownPeople({
          view: view.value,
          timeline: timeline.value?.items ?? [],
          onCall: onCall.value ?? null,
          me,
        }),
        ask: setForm,
        reload: () => setPressed((count) => count + 1),
      },
    [view.value, timeline.value, remediations.value, onCall.value, me],
  );

  if (!scope)
    return view.problem ? <Failed problem={view.problem} retry={view.reload} /> : <Loading what={`incident ${id}`} />;
  return (
    <LiveContext.Provider value={live}>
      <ScopeProvider value={scope}>
        <StaleBar />
        <div class={scope.view.drill && me?.sandboxUrl ? 'incident has-aside' : 'incident'}>
          <div class="incident-main">
            <IncidentHeader />
            <NextDeadline />
            <RolesAndCommands />
            <nav class="jump" aria-label="Parts of this incident">
              <a href="#now">Now</a>
              <a href="#evidence">Evidence</a>
              <a href="#timeline">Timeline</a>
              <a href="#promises">Promises</a>
              <a href="#after">After</a>
              {scope.view.drill && me?.sandboxUrl ? <a href="#sandbox">Sandbox</a> : null}
            </nav>
            {remediations.problem ? <Failed problem={remediations.problem} retry={remediations.reload} /> : null}
            <NowSection />
            <EvidenceSection evidence={evidence} />
            {timeline.problem ? <Failed problem={timeline.problem} retry={timeline.reload} /> : null}
            <TimelineSection />
          </div>
          <div class="incident-side">
            {/* While it burns, phones and promises; once it is over, what follows. */}
            {over ? <AfterSection followUp={followUp} /> : null}
            {scope.view.drill && me?.sandboxUrl ? <SandboxAside url={me.sandboxUrl} incident={scope.view} /> : null}
            <PromisesSection />
            {over ? null : <AfterSection followUp={followUp} />}
          </div>
        </div>
        {form ? (
          <CommandDialog
            form={form}
            onClose={(done) => {
              setForm(null);
              if (done) scope.reload();
            }}
          />
        ) : null}
      </ScopeProvider>
    </LiveContext.Provider>
  );
};

/** A link to an entry arrives before the entry does: go there once it exists. */
const useHashAfterLoad = (loaded: boolean): void => {
  useEffect(() => {
    if (!loaded || !/^#(t-\d+|remediation-)/.test(location.hash)) return;
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView({ block: 'center' });
  }, [loaded]);
};
