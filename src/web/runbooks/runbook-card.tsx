import { useState } from 'preact/hooks';
import type { RunbookView, StepMode, StopOver } from '../../schema/runbook-board.ts';
import { Fold } from '../parts/fold.tsx';
import { Instant } from '../parts/instant.tsx';
import { holdsOneOf, useMe } from '../server/session.ts';
import { ModeBadge } from './mode-badge.tsx';
import { StepList } from './step-list.tsx';
import { SwitchDialog } from './switch-dialog.tsx';
import { TrustList } from './trust-list.tsx';

/** Whoever responds may turn a runbook off; turning it on again takes more. */
const mayTurn = { off: ['responder', 'commander', 'admin'], on: ['commander', 'admin'] } as const;

export const idOf = (name: string): string => `runbook-${name}`;

/** One runbook: what it is for, how far it may go by itself, how it did, and what stops it. */
export const RunbookCard = ({
  runbook,
  wanted,
  onChanged,
}: {
  runbook: RunbookView;
  /** The address points to it. */
  wanted: boolean;
  onChanged: () => void;
}) => {
  const { name, steps, trust, practice } = runbook;
  return (
    <article
      class={`card runbook${wanted ? ' is-wanted' : ''}`}
      id={idOf(name)}
      aria-labelledby={`${idOf(name)}-title`}
    >
      <header class="card-head">
        <div>
          <h3 id={`${idOf(name)}-title`} tabIndex={-1}>
            {runbook.title}
          </h3>
          <p class="soft">
            <a href={`#${name}`}>{name}</a>, version {runbook.version}, of {runbook.owner};{' '}
            {runbook.builtIn ? 'comes with Muster' : 'your own'}: <code>{runbook.file}</code>
          </p>
        </div>
        <Marks runbook={runbook} />
      </header>
      {runbook.stops.map((stop) => (
        <StopLine key={stop.scope} stop={stop} />
      ))}
      {runbook.breakers.map((breaker) => (
        <p key={breaker.target} class="leaks">
          <strong>Breaker open</strong> for <code>{breaker.target}</code>, closes <Instant at={breaker.until} />; until
          then it only recommends itself there: {breaker.because}.
        </p>
      ))}
      <p>{runbook.matches}</p>
      {runbook.stopsAutomation ? <p>{runbook.stopsAutomation}</p> : null}
      <Summary steps={steps} />
      {trust.length > 0 ? (
        <TrustList rows={trust} label={`How ${name} did`} />
      ) : (
        <p class="soft">
          {steps.length === 0
            ? 'It changes nothing, so there is no trust to earn.'
            : 'n = 0: no run of this version outside of drills yet, so nothing can be counted on.'}
        </p>
      )}
      {practice.length > 0 ? (
        <details class="why">
          <summary>
            In drills, which count for nothing else ({practice.reduce((sum, { runs }) => sum + runs, 0)})
          </summary>
          <TrustList rows={practice} label={`How ${name} did in drills`} />
        </details>
      ) : null}
      {steps.length > 0 ? (
        <Fold
          open={wanted}
          title={
            <>
              {steps.length === 1 ? '1 step' : `${steps.length} steps`}, with modes and reasons
              <span class="visually-hidden"> of {name}</span>
            </>
          }
        >
          <StepList steps={steps} />
        </Fold>
      ) : null}
      <Switch runbook={runbook} onChanged={onChanged} />
    </article>
  );
};

/** What somebody who only glances has to see; each is said again with its reason below. */
const Marks = ({ runbook: { stops, breakers, trust } }: { runbook: RunbookView }) => {
  const suggested = (suggestion: string) => trust.some((row) => row.suggestion === suggestion);
  return (
    <p class="marks">
      {stops.some(({ steps }) => steps === null) ? <span class="status tone-bad">Off</span> : null}
      {stops.some(({ steps }) => steps !== null) ? <span class="status tone-bad">Partly off</span> : null}
      {breakers.length > 0 ? <span class="status tone-wait">Breaker open</span> : null}
      {suggested('demoted') ? <span class="status tone-bad">Demoted</span> : null}
      {suggested('promote') ? <span class="status tone-good">Suggested: promote</span> : null}
    </p>
  );
};

const StopLine = ({ stop }: { stop: StopOver }) => (
  <p class="leaks runbook-stop">
    <strong>Stopped: {stop.what}</strong>
    {stop.steps ? ` (step ${stop.steps.join(', ')})` : ''}, by {stop.by.name} <Instant at={stop.since} />
    {stop.reason === null ? ', without a reason' : `: ${stop.reason}`}
  </p>
);

/** Every mode that a step may have, by environment: the least detail that is still true. */
const Summary = ({ steps }: { steps: RunbookView['steps'] }) => {
  const byEnvironment = Map.groupBy(
    steps.flatMap(({ modes }) => modes),
    ({ environment }) => environment,
  );
  if (steps.length === 0) return null;
  if (byEnvironment.size === 0)
    return <p class="soft">Nowhere so far: no service of the catalogue has a target for any of its steps.</p>;
  return (
    <dl class="runbook-modes">
      {[...byEnvironment].map(([environment, modes]) => (
        <div key={environment}>
          <dt>In {environment}</dt>
          <dd>
            {distinct(modes).map(({ mode, classes }) => (
              <span key={mode}>
                <ModeBadge mode={mode} /> <span class="soft">{classes.join(', ')}</span>
              </span>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
};

const distinct = (modes: readonly StepMode[]): { mode: StepMode['mode']; classes: string[] }[] =>
  [...Map.groupBy(modes, ({ mode }) => mode)].map(([mode, alike]) => ({
    mode,
    classes: [...new Set(alike.map(({ blastClass }) => blastClass))].sort(),
  }));

const Switch = ({ runbook, onChanged }: { runbook: RunbookView; onChanged: () => void }) => {
  const me = useMe();
  const [asking, setAsking] = useState(false);
  const turn = runbook.stops.some(({ scope }) => scope === runbook.stopScope) ? 'on' : 'off';
  if (runbook.steps.length === 0) return null;
  if (!holdsOneOf(me, mayTurn[turn]))
    return (
      <p class="soft">
        Turning it {turn} takes the role {mayTurn[turn].join(' or ')}.
      </p>
    );
  return (
    <div class="buttons">
      <button type="button" class={turn === 'off' ? 'small danger' : 'small'} onClick={() => setAsking(true)}>
        Turn {turn}…<span class="visually-hidden"> {runbook.name}</span>
      </button>
      {asking ? (
        <SwitchDialog
          runbook={runbook}
          turn={turn}
          onClose={(done) => {
            setAsking(false);
            if (done) onChanged();
          }}
        />
      ) : null}
    </div>
  );
};
