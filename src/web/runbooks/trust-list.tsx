import type { MeasuredTrust } from '../../schema/runbook-board.ts';
import { Instant } from '../parts/instant.tsx';
import type { Tone } from '../parts/status-word.ts';

const words: Record<MeasuredTrust['suggestion'], { word: string; tone: Tone }> = {
  promote: { word: 'Suggested: promote', tone: 'good' },
  demoted: { word: 'Demoted', tone: 'bad' },
  watch: { word: 'Watched', tone: 'calm' },
};

/** How a version did: the share that can be counted on, drawn against the threshold and said in figures. */
export const TrustList = ({ rows, label }: { rows: readonly MeasuredTrust[]; label: string }) => (
  <ul class="plain trust" aria-label={label}>
    {rows.map((row) => (
      <TrustItem key={`${row.action} ${row.environment} ${row.signature}`} row={row} />
    ))}
  </ul>
);

const TrustItem = ({ row }: { row: MeasuredTrust }) => {
  const { word, tone } = words[row.suggestion];
  const { promoteFrom } = row;
  return (
    <li class="trust-row">
      <p>
        <code>{row.action}</code> in {row.environment}
        {row.signature ? `, against ${row.signature}` : ''} <span class={`status tone-${tone}`}>{word}</span>
      </p>
      <TrustBar bound={row.bound} threshold={promoteFrom.bound} />
      <p>
        <strong>
          n = {row.runs}, {row.verified} helped
        </strong>
        ; lower bound <strong>{row.bound.toFixed(2)}</strong>, promotion from {promoteFrom.bound.toFixed(2)} and{' '}
        {promoteFrom.runs} runs on
      </p>
      <p class="soft">
        {row.ineffective} without effect, {row.harmful} made it worse, {row.aborted} say nothing; last{' '}
        <Instant at={row.lastAt} />. {row.follows.charAt(0).toUpperCase() + row.follows.slice(1)}.
      </p>
    </li>
  );
};

/** Said in words right below, so it is a picture for eyes alone. */
const TrustBar = ({ bound, threshold }: { bound: number; threshold: number }) => (
  <svg class="trust-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect class="trust-room" width="100" height="10" />
    <rect class="trust-bound" width={bound * 100} height="10" />
    <line class="trust-threshold" x1={threshold * 100} x2={threshold * 100} y1="0" y2="10" />
  </svg>
);
