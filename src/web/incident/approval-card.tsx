import { useId, useState } from 'preact/hooks';
import type { RemediationView } from '../../schema/remediation.ts';
import { HoldButton } from '../parts/hold-button.tsx';
import { Countdown } from '../parts/instant.tsx';
import { Failed } from '../parts/notes.tsx';
import { remediationPath, send } from '../server/client.ts';
import { useCommand } from '../server/command.ts';
import { holdsOneOf, useMe } from '../server/session.ts';

/** Yes or no to exactly one plan. Yes takes a press of one second; no takes a reason. */
export const ApprovalCard = ({ view, onDecided }: { view: RemediationView; onDecided: () => void }) => {
  const me = useMe();
  const command = useCommand();
  const [denying, setDenying] = useState(false);
  const [reason, setReason] = useState('');
  const describedBy = useId();
  const reasonId = useId();
  const hash = view.planHash;
  if (hash === null || view.plan === null) return <p class="note">The plan is being made; it appears here.</p>;

  const decide = async (verdict: 'approve' | 'deny'): Promise<void> => {
    const body = { planHash: hash, ...(reason.trim() ? { reason: reason.trim() } : {}) };
    if (await command.run(() => send(remediationPath(view.incidentId, view.id, verdict), body))) onDecided();
  };
  const { quorum } = view;
  const yeses = view.decisions.filter(({ verdict }) => verdict === 'approved');
  const decided = me !== null && view.decisions.some(({ by }) => by.id === me.person.id);
  const own = view.notProposer && me !== null && view.proposedBy.id === me.person.id;
  const author = view.notAuthorOfChange && me !== null && view.changeAuthor === me.person.id;
  const holdsRole = holdsOneOf(me, view.approverRoles) || (me !== null && view.approverPeople.includes(me.person.id));

  return (
    <div class="approval">
      <p id={describedBy} class="soft">
        {view.approverRoles.length > 0 ? `Whoever holds the role ${view.approverRoles.join(' or ')} may approve. ` : ''}
        Your yes binds to plan <code class="hash">{hash.slice(0, 12)}</code>: if anything changes meanwhile, nothing is
        applied.
      </p>
      {view.expiresAt ? (
        <p>
          The question expires in <Countdown dueAt={view.expiresAt} />
        </p>
      ) : null}
      {quorum > 1 ? (
        <p>
          {`Takes the yes of ${quorum} people`}
          {yeses.length > 0 ? `; so far ${yeses.map(({ by }) => by.name).join(', ')}.` : '; nobody has said yes yet.'}
        </p>
      ) : null}
      {decided ? <p class="warn-text">You have decided; another person must look at it.</p> : null}
      {own ? <p class="warn-text">You proposed this yourself: somebody else must agree.</p> : null}
      {author ? <p class="warn-text">You made the change that this takes back: somebody else must agree.</p> : null}
      {!own && !holdsRole ? (
        <p class="warn-text">You hold {me?.person.roles.join(', ') || 'no role'}; the API will refuse your yes.</p>
      ) : null}
      {denying ? (
        <form
          class="deny"
          onSubmit={(event) => {
            event.preventDefault();
            void decide('deny');
          }}
        >
          <label for={reasonId}>Why not</label>
          <textarea
            id={reasonId}
            rows={3}
            required
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <div class="buttons">
            <button type="submit" class="primary" disabled={command.busy}>
              {command.busy ? 'Sending…' : 'Deny'}
            </button>
            <button type="button" onClick={() => setDenying(false)}>
              Back
            </button>
          </div>
        </form>
      ) : (
        <div class="approval-buttons">
          <HoldButton
            label="Approve"
            busy={command.busy}
            describedBy={describedBy}
            onHeld={() => void decide('approve')}
          />
          <button type="button" class="deny-button" onClick={() => setDenying(true)}>
            Deny…
          </button>
        </div>
      )}
      {command.problem ? <Failed problem={command.problem} /> : null}
    </div>
  );
};
