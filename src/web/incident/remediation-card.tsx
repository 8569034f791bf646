import type { RemediationView } from '../../schema/remediation.ts';
import { Countdown, Instant } from '../parts/instant.tsx';
import { remediationWords } from '../parts/status-word.ts';
import { Why } from '../parts/why.tsx';
import { ApprovalCard } from './approval-card.tsx';
import { PlanDetails } from './plan-details.tsx';
import { stepsOf } from './remediation-steps.ts';

/** "shop/checkout", or "node-1" for what belongs to the whole cluster. */
const placeOf = ({ namespace, name }: RemediationView['target']): string =>
  namespace === '' ? name : `${namespace}/${name}`;

const ended = (view: RemediationView): boolean => view.endedAt !== null;

/** Outcomes begin with the plan's sentence, which stands right above as the title. */
const withoutTitle = (outcome: string, title: string | undefined): string => {
  if (title === undefined || !outcome.startsWith(`${title}: `)) return outcome;
  const rest = outcome.slice(title.length + 2);
  return rest.charAt(0).toUpperCase() + rest.slice(1);
};

/** One run of an action: where it is, what it will do or did, and the question it may be asking. */
export const RemediationCard = ({ view, onDecided }: { view: RemediationView; onDecided: () => void }) => {
  const { word, tone } = remediationWords[view.status];
  return (
    <article class={`card remediation tone-${tone}`} id={`remediation-${view.id}`} aria-label={`Remediation: ${word}`}>
      <header class="card-head">
        <h3>{view.plan?.sentence ?? `${view.action} ${placeOf(view.target)}`}</h3>
        <span class={`status tone-${tone}`}>{word}</span>
      </header>
      <ol class="steps" aria-label="Steps">
        {stepsOf(view).map((step) => (
          <li
            key={step.name}
            class={`step step-${step.state}`}
            aria-current={step.state === 'now' ? 'step' : undefined}
          >
            {step.name}
            <span class="visually-hidden">
              {' '}
              ({{ done: 'done', now: 'under way', todo: 'to come', failed: 'stopped here' }[step.state]})
            </span>
          </li>
        ))}
      </ol>
      <p class="soft">
        Proposed by {view.proposedBy.name} <Instant at={view.startedAt} />: {view.because}
      </p>
      <Standing view={view} />
      {view.outcome ? <p class="outcome">{withoutTitle(view.outcome, view.plan?.sentence)}</p> : null}
      {view.samples.length > 0 ? <Samples view={view} /> : null}
      {view.plan && view.status === 'awaitingApproval' ? (
        <>
          <PlanDetails plan={view.plan} />
          <ApprovalCard view={view} onDecided={onDecided} />
        </>
      ) : null}
      {view.plan && view.status !== 'awaitingApproval' ? (
        <details class="why">
          <summary>The plan{ended(view) ? ' as it was' : ''}</summary>
          <PlanDetails plan={view.plan} />
        </details>
      ) : null}
      {view.decisions.map((decision) => (
        <p key={decision.at} class="soft">
          {decision.verdict === 'approved' ? 'Approved' : 'Denied'} by {decision.by.name} <Instant at={decision.at} />
          {decision.reason ? `: ${decision.reason}` : ''}
        </p>
      ))}
      {view.status === 'unknown' ? (
        <Why
          of="outcome unknown"
          text="The answer of the cluster never came. Muster does not repeat a change blindly: look at the workload, then decide."
        />
      ) : null}
    </article>
  );
};

/** By which runbook and policy it runs, and who waits for it. */
const Standing = ({ view }: { view: RemediationView }) => (
  <>
    {view.runbook ? (
      <p class="soft">
        Step {view.runbook.step} of runbook <a href={`/runbooks#${view.runbook.name}`}>{view.runbook.name}</a>, version{' '}
        {view.runbook.version}: {view.runbook.title}
      </p>
    ) : null}
    {view.mode ? (
      <p class="soft">
        {view.mode === 'auto' ? 'Needs no approval' : `Mode ${view.mode}`}: {view.modeBecause.join('; ')}
      </p>
    ) : null}
    {view.joined.length > 0 ? <p class="soft">Also waited for by {view.joined.join(', ')}.</p> : null}
    {view.status === 'held' ? (
      <p class="warn-text">
        Held; it goes on by itself when what holds it is over
        {view.startBy ? (
          <>
            , within <Countdown dueAt={view.startBy} />
          </>
        ) : null}
        .
      </p>
    ) : null}
  </>
);

const Samples = ({ view }: { view: RemediationView }) => (
  <p class="samples">
    <span>Verification{view.baseline === null ? '' : ` (before: ${figure(view.baseline)})`}: </span>
    {view.samples.slice(-16).map((sample) => (
      <span
        key={`${sample.at}${sample.check ?? ''}`}
        class={`sample ${sample.healthy === null ? 'sample-none' : sample.healthy ? 'sample-good' : 'sample-bad'}`}
      >
        {sample.value === null ? 'no data' : figure(sample.value)}
        {sample.check && sample.check !== 'symptom' ? ` ${sample.check}` : ''}
        <span class="visually-hidden">
          {sample.healthy === null ? ', cannot tell' : sample.healthy ? ', healthy' : ', not healthy'}
        </span>
      </span>
    ))}
  </p>
);

const figure = (value: number): string => String(Number(value.toPrecision(3)));
