import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { RunbookView } from '../../schema/runbook-board.ts';
import { announce } from '../parts/announcer.tsx';
import { HoldButton } from '../parts/hold-button.tsx';
import { Failed } from '../parts/notes.tsx';
import { remove, send } from '../server/client.ts';
import { useCommand } from '../server/command.ts';

const effects = {
  off: [
    'No step of it is sent any more, neither by itself nor after a yes, and none is taken back. What was sent just before may still land.',
    'A run that is under way is held where it stands, and its incident says who stopped it and why.',
    'Paging, messages and every other runbook go on. Commanders and admins turn it on again.',
  ],
  on: [
    'Its steps may be sent again, as far as the policies let it: see its modes.',
    'A run that was held goes on by itself, unless its time is up.',
    'Another stop over it, such as one of everything, stays.',
  ],
};

const done = 'done';

/** What it does first; then a reason, and a press of one second. */
export const SwitchDialog = ({
  runbook,
  turn,
  onClose,
}: {
  runbook: Pick<RunbookView, 'name' | 'title' | 'stopScope'>;
  turn: 'off' | 'on';
  onClose: (done: boolean) => void;
}) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const command = useCommand();
  const id = useId();

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  const held = async (): Promise<void> => {
    const said = reason.trim();
    if (said === '') {
      setMissing(true);
      field.current?.focus();
      return;
    }
    const { stopScope } = runbook;
    const act = () =>
      turn === 'off'
        ? send('/api/v1/stops', { scope: stopScope, reason: said })
        : remove(`/api/v1/stops/${encodeURIComponent(stopScope)}`, { reason: said });
    if (!(await command.run(act))) return;
    announce(`${runbook.name} is turned ${turn}`);
    dialog.current?.close(done);
  };

  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={`${id}-title`}
      onClose={() => onClose(dialog.current?.returnValue === done)}
    >
      <form onSubmit={(event) => event.preventDefault()}>
        <h2 id={`${id}-title`}>
          Turn {turn} {runbook.name}
        </h2>
        <ul class="risks" id={`${id}-effect`}>
          {effects[turn].map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
        <div class="field">
          <label for={`${id}-reason`}>Why</label>
          <textarea
            id={`${id}-reason`}
            ref={field}
            rows={3}
            maxLength={500}
            required
            value={reason}
            aria-describedby={missing ? `${id}-missing` : undefined}
            onInput={(event) => {
              setReason(event.currentTarget.value);
              setMissing(false);
            }}
          />
          {missing ? (
            <p class="bad-text" id={`${id}-missing`} role="alert">
              Say why first, for whoever asks later.
            </p>
          ) : null}
        </div>
        {command.problem ? <Failed problem={command.problem} /> : null}
        <div class="approval-buttons">
          <HoldButton
            label={`Turn it ${turn}`}
            busy={command.busy}
            describedBy={`${id}-effect`}
            onHeld={() => void held()}
          />
          <button type="button" class="deny-button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
        </div>
      </form>
    </dialog>
  );
};
