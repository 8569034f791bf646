import type { StepMode } from '../../schema/runbook-board.ts';
import type { Tone } from '../parts/status-word.ts';

const tones: Record<StepMode['mode'], Tone> = {
  off: 'bad',
  observe: 'calm',
  recommend: 'calm',
  approve: 'wait',
  auto: 'good',
};

/** The word of the policies itself, so that page, file and command line say the same. */
export const ModeBadge = ({ mode }: { mode: StepMode['mode'] }) => (
  <span class={`status tone-${tones[mode]}`}>{mode}</span>
);
