import { useEffect, useRef, useState } from 'preact/hooks';
import { announce } from './announcer.tsx';

const holdMs = 1_000;
const secondPressWithinMs = 6_000;

/**
 * A button for what changes production: it acts only after being held for one second, by finger, mouse or key.
 * A press that comes from assistive technology has no duration; there a second press confirms instead.
 */
export const HoldButton = ({
  label,
  busy,
  describedBy,
  onHeld,
}: {
  label: string;
  busy: boolean;
  describedBy?: string;
  onHeld: () => void;
}) => {
  const [phase, setPhase] = useState<'idle' | 'holding' | 'short' | 'armed'>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => () => clearTimeout(timer.current), []);

  const press = (): void => {
    if (busy || phase === 'holding') return;
    setPhase('holding');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setPhase('idle');
      onHeld();
    }, holdMs);
  };
  const release = (): void => {
    if (phase !== 'holding') return;
    clearTimeout(timer.current);
    setPhase('short');
  };
  const pressWithoutDuration = (event: MouseEvent): void => {
    // Fingers and mice count their clicks; assistive technology presses with none, and keys are handled above.
    if (event.detail > 0 || busy) return;
    if (phase === 'armed') {
      setPhase('idle');
      onHeld();
      return;
    }
    setPhase('armed');
    announce(`${label}: press once more to confirm`);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setPhase('idle'), secondPressWithinMs);
  };

  const hint = {
    idle: 'Hold for one second',
    holding: 'Keep holding…',
    short: 'Too short: hold one full second',
    armed: 'Press once more to confirm',
  }[phase];

  return (
    <button
      type="button"
      class={`hold-button${phase === 'holding' ? ' is-holding' : ''}`}
      disabled={busy}
      aria-describedby={describedBy}
      onPointerDown={(event) => {
        if (event.button === 0) press();
      }}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        if (!event.repeat) press();
      }}
      onKeyUp={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        release();
      }}
      onBlur={release}
      onClick={pressWithoutDuration}
    >
      <span class="hold-fill" aria-hidden="true" />
      <span class="hold-label">{busy ? 'Sending…' : label}</span>
      <span class="hold-hint">{busy ? '' : hint}</span>
    </button>
  );
};
