import { CancellationScope, sleep } from '@temporalio/workflow';
import type { Due } from '../src/domain/incident/deadlines.ts';

/** Deadlines closer than this are met together: a timer of milliseconds costs a wake-up and is late by more anyway. */
const graceMs = 1_000;

/**
 * The one running timer of a workflow. It is replaced only when the soonest deadline is another moment,
 * so a wake-up that changes nothing costs no timer. Its summary says in plain words what will happen.
 * Never early; late by at most a second of the incident's clock.
 */
export class Alarm {
  private running: { at: number; scope: CancellationScope } | null = null;
  private readonly wake: () => void;
  private readonly graceMs: number;

  constructor(wake: () => void, speed: number) {
    this.wake = wake;
    this.graceMs = graceMs / speed;
  }

  set(due: Pick<Due, 'at' | 'action'> | null): void {
    const at = due ? Math.max(due.at, Date.now() + this.graceMs) : 0;
    if (this.running && due && this.running.at >= due.at && this.running.at <= at) return;
    this.running?.scope.cancel();
    this.running = null;
    if (!due) return;
    const scope = new CancellationScope();
    const running = { at, scope };
    this.running = running;
    scope
      .run(() => sleep(Math.max(1, at - Date.now()), { summary: due.action }))
      .then(() => {
        if (this.running === running) this.running = null;
        this.wake();
      })
      // Cancelled: another deadline took its place.
      .catch(() => undefined);
  }
}
