/**
 * What the sandbox's monitors and phones send to Muster: kept until it was answered, so that neither a restart of
 * Muster nor one of the sandbox loses it. 5xx, 429 and silence are tried again with back-off; other 4xx end it, as
 * PagerDuty does (https://developer.pagerduty.com/docs/webhooks-overview) and Alertmanager within one flush.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { sandboxToken } from '../domain/sandbox-token.ts';
import type { Outgoing } from './state.ts';
import { asFields } from './wire.ts';
import type { World } from './world.ts';

const firstBackOffMs = 250;
const backOffMaxMs = 5_000;
const timeoutMs = 10_000;

export type Log = (level: 'info' | 'warn' | 'error', message: string, more?: Record<string, unknown>) => void;

export class Deliveries {
  private readonly world: World;
  private readonly options: { apiUrl: string; secret: string; log: Log };
  private timer: NodeJS.Timeout | null = null;
  private sending = false;
  private closed = false;

  constructor(world: World, options: { apiUrl: string; secret: string; log: Log }) {
    this.world = world;
    this.options = options;
  }

  /** Takes the place of a waiting one with the same subject; the rest goes out in order. */
  send(delivery: Pick<Outgoing, 'kind' | 'subject' | 'run' | 'body'>): void {
    const { state } = this.world;
    state.outgoing = state.outgoing.filter((other) => other.subject !== delivery.subject || other.attempts > 0);
    state.outgoing.push({ ...delivery, id: randomUUID(), attempts: 0, nextAtMs: 0 });
    this.world.changed('fromOutside');
    this.wake(0);
  }

  /** Goes on with what an earlier process left. */
  start(): void {
    for (const outgoing of this.world.state.outgoing) outgoing.nextAtMs = 0;
    this.wake(0);
  }

  close(): void {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
  }

  private wake(inMs: number): void {
    if (this.closed) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), inMs);
    this.timer.unref();
  }

  private async flush(): Promise<void> {
    if (this.sending || this.closed) return;
    this.sending = true;
    try {
      for (const outgoing of [...this.world.state.outgoing]) {
        if (outgoing.nextAtMs <= Date.now() && !this.closed) await this.attempt(outgoing);
      }
    } finally {
      this.sending = false;
    }
    const waiting = this.world.state.outgoing.map((outgoing) => outgoing.nextAtMs);
    if (waiting.length > 0) this.wake(Math.max(10, Math.min(...waiting) - Date.now()));
  }

  private async attempt(outgoing: Outgoing): Promise<void> {
    outgoing.attempts += 1;
    const status = await this.post(outgoing);
    const again = status === null || status >= 500 || status === 429;
    if (again) {
      outgoing.nextAtMs = Date.now() + Math.min(backOffMaxMs, firstBackOffMs * 2 ** Math.min(outgoing.attempts - 1, 8));
      if (outgoing.attempts === 1)
        this.options.log('warn', `${outgoing.kind} webhook not taken yet, trying again`, { status });
      return;
    }
    this.world.state.outgoing = this.world.state.outgoing.filter((other) => other.id !== outgoing.id);
    this.world.changed('fromOutside');
    const level = status < 300 ? 'info' : 'error';
    this.options.log(level, `${outgoing.kind} webhook answered`, {
      status,
      attempts: outgoing.attempts,
      subject: outgoing.subject,
    });
  }

  /** The status, or null when no answer came. */
  private async post(outgoing: Outgoing): Promise<number | null> {
    try {
      const response = await fetch(`${this.options.apiUrl}/webhooks/${outgoing.kind}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'sandbox', ...this.headers(outgoing) },
        body: outgoing.body,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      if (response.ok) this.noteReceipt(outgoing, text);
      return response.status;
    } catch {
      return null;
    }
  }

  private headers(outgoing: Outgoing): Record<string, string> {
    if (outgoing.kind === 'alertmanager') {
      return { authorization: `Bearer ${sandboxToken(this.options.secret, 'source:alertmanager')}` };
    }
    const key = sandboxToken(this.options.secret, 'pagerduty-webhook');
    const signature = createHmac('sha256', key).update(outgoing.body).digest('hex');
    return { 'x-pagerduty-signature': `v1=${signature}`, 'x-webhook-id': outgoing.id };
  }

  /** Muster's receipt names the incidents; the sandbox's people work on those. */
  private noteReceipt(outgoing: Outgoing, text: string): void {
    const run = this.world.state.runs.find((other) => other.id === outgoing.run);
    if (!run) return;
    try {
      const incidents = asFields(JSON.parse(text))?.incidents;
      if (!Array.isArray(incidents)) return;
      run.incidents = [...new Set([...run.incidents, ...incidents.map(String)])];
    } catch {
      // a receipt we cannot read only means that the people have to find the incident by themselves
    }
  }
}
