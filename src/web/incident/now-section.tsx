import { isOpen } from '../parts/status-word.ts';
import { RemediationCard } from './remediation-card.tsx';
import { useScope } from './scope.ts';

/** What is being done: runs in flight first, the question before everything. */
export const NowSection = () => {
  const { view, remediations, reload } = useScope();
  const inFlight = remediations
    .filter((one) => one.endedAt === null)
    .sort((one, other) => Number(other.status === 'awaitingApproval') - Number(one.status === 'awaitingApproval'));
  const ended = remediations.filter((one) => one.endedAt !== null).reverse();
  return (
    <section id="now" aria-labelledby="now-title">
      <h2 id="now-title">Now</h2>
      {inFlight.map((one) => (
        <RemediationCard key={one.id} view={one} onDecided={reload} />
      ))}
      {inFlight.length === 0 ? (
        <p class="note">
          {isOpen(view.status)
            ? 'Nothing is being changed in production. When diagnosis finds a safe remedy, its plan waits here for approval.'
            : 'Nothing is being changed. The incident is over.'}
        </p>
      ) : null}
      {ended.length > 0 ? (
        <>
          <h3 class="eyebrow">Earlier</h3>
          {ended.map((one) => (
            <RemediationCard key={one.id} view={one} onDecided={reload} />
          ))}
        </>
      ) : null}
    </section>
  );
};
