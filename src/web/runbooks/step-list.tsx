import type { RunbookStepView, StepMode } from '../../schema/runbook-board.ts';
import { ModeBadge } from './mode-badge.tsx';

/** The steps from the safest to the riskiest, each with how far it may go and who says so. */
export const StepList = ({ steps }: { steps: readonly RunbookStepView[] }) => (
  <ol class="plain runbook-steps">
    {steps.map((step, index) => (
      <li key={step.id}>
        <h4>
          {index + 1}. {step.title}
        </h4>
        <p class="soft">
          <code>{step.id}</code> · {step.does}
        </p>
        {step.nowhere ? <p class="soft">{step.nowhere}</p> : null}
        <ul class="plain mode-rows">
          {step.modes.map((mode) => (
            <ModeRow key={`${mode.environment} ${mode.action} ${mode.blastClass} ${mode.services[0]}`} of={mode} />
          ))}
        </ul>
      </li>
    ))}
  </ol>
);

const ModeRow = ({ of }: { of: StepMode }) => (
  <li class="mode-row">
    <p class="mode-what">
      <strong>{of.environment}</strong> <span class="tag">{of.blastClass}</span> <ModeBadge mode={of.mode} />
    </p>
    <div class="mode-why">
      <p>{of.because.join('; ')}.</p>
      <p class="soft">
        {of.blastClass} where {of.when}. For {of.services.join(', ')}.
      </p>
      <details class="why">
        <summary>
          What {of.mode} means here
          <span class="visually-hidden">
            {' '}
            for {of.blastClass} in {of.environment}
          </span>
        </summary>
        <p>
          {of.meaning}
          {of.yes ? `: ${of.yes}` : ''}
        </p>
      </details>
    </div>
  </li>
);
