import type { IncidentView } from '../../schema/incident.ts';
import { ApprovalCard } from '../incident/approval-card.tsx';
import { PlanDetails } from '../incident/plan-details.tsx';
import { Instant } from '../parts/instant.tsx';
import { Failed, Loading } from '../parts/notes.tsx';
import { SeverityMark } from '../parts/severity-mark.tsx';
import { StaleBar } from '../parts/stale-bar.tsx';
import { remediationWords, statusWords } from '../parts/status-word.ts';
import { useTitle } from '../parts/title.ts';
import { incidentPath, read } from '../server/client.ts';
import { LiveContext, useLive } from '../server/live.ts';
import { useResource } from '../server/resource.ts';
import type { Remediations } from '../server/shapes.ts';

/** One question on a phone: what, where, why, risk, undo, how long; Approve and Deny under the thumb. */
export const ApprovalPage = ({ incidentId, remediationId }: { incidentId: string; remediationId: string | null }) => {
  const live = useLive(incidentPath(incidentId, '/events'));
  const incident = useResource(incidentId, live.version, () => read<IncidentView>(incidentPath(incidentId)));
  const remediations = useResource(incidentId, live.version, () =>
    read<Remediations>(incidentPath(incidentId, '/remediations')),
  );
  useTitle(`Approval, ${incidentId}`);
  const items = remediations.value?.items;
  const view = items?.find((one) => (remediationId ? one.id === remediationId : one.status === 'awaitingApproval'));

  if (!items || !incident.value) {
    const problem = remediations.problem ?? incident.problem;
    return problem ? <Failed problem={problem} retry={remediations.reload} /> : <Loading what="the plan" />;
  }
  return (
    <LiveContext.Provider value={live}>
      <StaleBar />
      <article class="approval-page">
        <p class="incident-line">
          <SeverityMark severity={incident.value.severity} rank={incident.value.rank} />
          <span class={`status status-${incident.value.status}`}>{statusWords[incident.value.status]}</span>
          {incident.value.drill ? <span class="tag tag-drill">Drill</span> : null}
          <a href={`/incidents/${incidentId}`}>{incident.value.title}</a>
        </p>
        {view ? (
          <>
            <p class="eyebrow">
              {view.status === 'awaitingApproval' ? 'Your approval is asked for' : 'This question is closed'}
            </p>
            <h1 tabIndex={-1}>{view.plan?.sentence ?? `${view.action} ${view.target.name}`}</h1>
            <p>
              <strong>Why:</strong> {view.because}{' '}
              <span class="soft">
                Proposed by {view.proposedBy.name} <Instant at={view.startedAt} />.
              </span>
            </p>
            {view.plan ? <PlanDetails plan={view.plan} /> : null}
            {view.status === 'awaitingApproval' ? (
              <div class="thumb">
                <ApprovalCard view={view} onDecided={remediations.reload} />
              </div>
            ) : (
              <div class="note" role="status">
                <p>
                  <strong>{remediationWords[view.status].word}.</strong> {view.outcome}
                </p>
                {view.decisions.map((decision) => (
                  <p key={decision.at}>
                    {decision.verdict === 'approved' ? 'Approved' : 'Denied'} by {decision.by.name}{' '}
                    <Instant at={decision.at} />
                    {decision.reason ? `: ${decision.reason}` : ''}
                  </p>
                ))}
              </div>
            )}
          </>
        ) : (
          <>
            <h1 tabIndex={-1}>Nothing waits for approval</h1>
            <p class="note">
              This incident has no open question{remediationId ? ` with the id ${remediationId}` : ''}. The{' '}
              <a href={`/incidents/${incidentId}`}>incident</a> shows what was decided.
            </p>
          </>
        )}
      </article>
    </LiveContext.Provider>
  );
};
