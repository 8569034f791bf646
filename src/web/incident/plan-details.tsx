import type { Plan, Request } from '../../schema/remediation.ts';
import { blastWords } from './remediation-steps.ts';

/** A plan to be read before anybody says yes: what changes, what was checked, how it is undone, what may go wrong. */
export const PlanDetails = ({ plan }: { plan: Plan }) => (
  <div class="plan">
    <Differences plan={plan} />
    <dl class="plan-facts">
      <div>
        <dt>Where</dt>
        <dd>
          {plan.target.kind} <strong>{plan.target.name}</strong>
          {plan.target.namespace === '' ? '' : ` in ${plan.target.namespace}`}, cluster {plan.target.cluster}
        </dd>
      </div>
      <div>
        <dt>Blast class</dt>
        <dd>
          <strong>{plan.blastClass}</strong> · {blastWords[plan.blastClass] ?? ''}
        </dd>
      </div>
      <div>
        <dt>Undo</dt>
        <dd>{plan.undo}</dd>
      </div>
      <div>
        <dt>Dry run</dt>
        <dd>
          <span class={plan.dryRun.accepted ? 'check check-yes' : 'check check-no'}>
            {plan.dryRun.accepted ? 'Accepted' : 'Refused'}
          </span>{' '}
          {plan.dryRun.finding}
        </dd>
      </div>
    </dl>
    <h4>Checked</h4>
    <ul class="plain checks">
      {plan.guards.map((guard) => (
        <li key={guard.name}>
          <span class={guard.passed ? 'check check-yes' : 'check check-no'}>{guard.passed ? 'Passed' : 'Failed'}</span>
          <span>
            <strong>{guard.name}</strong>: {guard.finding}
          </span>
        </li>
      ))}
    </ul>
    <h4>Risks</h4>
    {plan.risks.length > 0 ? (
      <ul class="risks">
        {plan.risks.map((risk) => (
          <li key={risk}>{risk}</li>
        ))}
      </ul>
    ) : (
      <p class="soft">None found.</p>
    )}
    <Afterwards plan={plan} />
    <details class="why">
      <summary>{plan.requests.length === 1 ? 'Exact request' : `Exact requests (${plan.requests.length})`}</summary>
      {plan.requests.map((request) => (
        <pre class="code" key={JSON.stringify(request)}>
          {requestInWords(request)}
        </pre>
      ))}
      <p class="soft">
        Plan hash <code class="hash">{plan.planHash}</code>
      </p>
    </details>
  </div>
);

const Afterwards = ({ plan }: { plan: Plan }) => (
  <>
    {plan.tasks.length > 0 ? (
      <>
        <h4>Left to people</h4>
        <ul class="risks">
          {plan.tasks.map((task) => (
            <li key={task}>{task}</li>
          ))}
        </ul>
      </>
    ) : null}
    {plan.alsoLocks.length > 0 ? (
      <p class="soft">
        Meanwhile nobody else changes {plan.alsoLocks.map(({ kind, name }) => `${kind} ${name}`).join(', ')}.
      </p>
    ) : null}
  </>
);

const requestInWords = (request: Request): string =>
  request.system === 'postgres'
    ? `${request.statement} session ${request.session.pid} of ${request.session.user}, begun ${request.session.backendStart}`
    : `${request.method} ${request.path}\n${JSON.stringify(request.body, null, 2)}`;

const Differences = ({ plan }: { plan: Plan }) => (
  <div class="differences">
    <h4>What changes</h4>
    {plan.differences.length === 0 ? <p class="soft">No field changes.</p> : null}
    {plan.differences.map(({ path, before, after }) => {
      const same = sameStart(before ?? '', after ?? '');
      return (
        <div key={path} class="difference">
          <code class="difference-path">{path}</code>
          <div class="difference-sides">
            <del>
              <span class="visually-hidden">now: </span>
              <Side text={before ?? '(not set)'} same={same} />
            </del>
            <ins>
              <span class="visually-hidden">after: </span>
              <Side text={after ?? '(removed)'} same={same} />
            </ins>
          </div>
        </div>
      );
    })}
  </div>
);

/** What both sides begin with stands back, so that the eye lands on what differs. */
const Side = ({ text, same }: { text: string; same: number }) => (
  <>
    <span class="difference-same">{text.slice(0, same)}</span>
    <strong>{text.slice(same)}</strong>
  </>
);

/** Length of what both begin with, up to a separator: of two versions the whole version differs, not its last digit. */
const sameStart = (one: string, other: string): number => {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  while (length > 0 && !/[/:@=,\s]/.test(one[length - 1] ?? '')) length -= 1;
  return length;
};
