/**
 * The sandbox's people, for drills that should go by themselves. They press phones and use Muster's public API with their
 * own tokens, like everybody else; before each act they look whether it is still needed, so that a lost answer or
 * a restart repeats nothing. Trouble is shrugged off: they look again a moment later.
 */
import { sandboxToken } from '../domain/sandbox-token.ts';
import type { Log } from './deliveries.ts';
import { definitionOf } from './scenarios.ts';
import type { Page, ScenarioRun } from './state.ts';
import { asFields, asText, type Fields } from './wire.ts';
import type { World } from './world.ts';

const minuteMs = 60_000;
const answersPhoneAfterMs = 1.5 * minuteMs;
const approvesAfterMs = minuteMs;
const writesInternallyAfterMs = 2 * minuteMs;
const writesPubliclyAfterMs = 3 * minuteMs;
/** A promised update is written this long before it is due. */
const writesAheadMs = 3 * minuteMs;
const helpsThemselvesAfterMs = 5 * minuteMs;
const resolvesAfterMs = 4 * minuteMs;
const goesHomeAfterMs = 6 * 60 * minuteMs;

const over = new Set(['resolved', 'closed', 'cancelled']);
const roleOrder: Record<string, string[]> = {
  technicalLead: ['hugo', 'mei', 'tomas', 'nadia'],
  communicationsLead: ['leila', 'ravi', 'mei'],
  scribe: ['mei', 'tomas', 'hugo', 'nadia'],
};

interface Incident {
  id: string;
  view: Fields;
  status: string;
  title: string;
}

export class People {
  private readonly world: World;
  private readonly options: { apiUrl: string; secret: string; log: Log; press: (page: Page) => void };
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(world: World, options: { apiUrl: string; secret: string; log: Log; press: (page: Page) => void }) {
    this.world = world;
    this.options = options;
  }

  start(): void {
    this.schedule();
  }
  close(): void {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.closed) return;
    const busy = this.world.state.runs.some((run) => this.isAtWork(run));
    const pauseMs = busy ? Math.min(2_000, Math.max(250, this.world.scaledMs(10_000))) : 1_000;
    this.timer = setTimeout(() => void this.look().finally(() => this.schedule()), pauseMs);
    this.timer.unref();
  }

  private isAtWork(run: ScenarioRun): boolean {
    return run.people && run.steps.done === undefined && run.incidents.length > 0;
  }

  private async look(): Promise<void> {
    for (const run of this.world.state.runs) {
      if (!this.isAtWork(run) || this.closed) continue;
      try {
        await this.work(run);
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown';
        this.options.log('warn', 'the people of the sandbox could not do what they wanted', { reason });
      }
    }
  }

  private async work(run: ScenarioRun): Promise<void> {
    if (this.world.nowMs() - run.startedAtMs > this.world.scaledMs(goesHomeAfterMs)) {
      run.steps.done = this.world.nowMs();
      return;
    }
    for (const id of run.incidents) {
      this.answerPhones(id);
      const view = await this.get('dana', `/api/v1/incidents/${id}`);
      const status = asText(view?.status) ?? '';
      if (!view || status === '') continue;
      if (over.has(status)) {
        run.steps.done = this.world.nowMs();
        this.world.changed('fromOutside');
        continue;
      }
      const incident = { id, view, status, title: asText(view.title) ?? id };
      const onCall = asText(view.acknowledgedBy) === null ? null : this.responder(id);
      if (onCall === null) continue;
      await this.takeRoles(run, incident, onCall);
      await this.approve(run, incident, onCall);
      await this.write(run, incident, onCall);
      await this.keepPromises(run, incident, onCall);
      await this.finish(run, incident, onCall);
    }
  }

  /** Whose phone rang and who is not yet awake: every phone of the incident is answered a minute and a half after it rang. */
  private answerPhones(incidentId: string): void {
    for (const page of this.pagesOf(incidentId)) {
      if (page.status !== 'triggered') continue;
      if (this.world.nowMs() - Date.parse(page.at) >= this.world.scaledMs(answersPhoneAfterMs))
        this.options.press(page);
    }
  }

  private pagesOf(incidentId: string): Page[] {
    return this.world.state.pages.filter((page) => page.dedupKey.startsWith(`${incidentId}/`));
  }

  /** The person who answered a phone first. */
  private responder(incidentId: string): string | null {
    const answered = this.pagesOf(incidentId).filter((page) => page.acknowledgedAt !== null);
    answered.sort((left, right) => ((left.acknowledgedAt ?? '') < (right.acknowledgedAt ?? '') ? -1 : 1));
    return answered[0]?.person ?? null;
  }

  private async takeRoles(run: ScenarioRun, incident: Incident, onCall: string): Promise<void> {
    const roles = asFields(incident.view.roles) ?? {};
    const minimum = Array.isArray(incident.view.minimumRoles) ? incident.view.minimumRoles.map(String) : [];
    const busy = new Set(Object.values(roles).map((holder) => asText(asFields(holder)?.person) ?? ''));
    for (const role of new Set(['commander', ...minimum])) {
      if (roles[role] || !this.isTime(run, `role ${role}`, role === 'commander' ? 0 : minuteMs / 2)) continue;
      const candidates = role === 'commander' ? [onCall, 'dana'] : (roleOrder[role] ?? []);
      const person = candidates.find(
        (candidate) => !busy.has(candidate) && candidate in this.world.organisation.people,
      );
      if (!person) continue;
      busy.add(person);
      await this.post(person, `/api/v1/incidents/${incident.id}/roles`, { role, person });
    }
  }

  /** The lead reads what is proposed and says yes to exactly that plan. */
  private async approve(run: ScenarioRun, incident: Incident, onCall: string): Promise<void> {
    const remediations = await this.remediations(incident);
    if (remediations.every(({ status }) => status === 'expired')) {
      return this.propose(run, incident, onCall, `propose ${remediations.length}`);
    }
    for (const remediation of remediations) {
      const id = asText(remediation.id);
      const planHash = asText(remediation.planHash);
      if (remediation.status !== 'awaitingApproval' || !id || !planHash) continue;
      if (!this.isTime(run, `read ${planHash}`, approvesAfterMs)) continue;
      const proposer = asText(asFields(remediation.proposedBy)?.id);
      const path = `/api/v1/incidents/${incident.id}/remediations/${id}/approve`;
      const reason = 'what was found speaks for it, and the plan says what it changes and what it costs';
      for (const person of ['dana', 'ravi', 'ingrid']) {
        if (person === proposer || person === onCall) continue;
        if (await this.post(person, path, { planHash, reason })) break;
      }
    }
  }

  private async remediations(incident: Incident): Promise<Fields[]> {
    const found = await this.get('dana', `/api/v1/incidents/${incident.id}/remediations`);
    const items = Array.isArray(found?.items) ? found.items : [];
    return items.map(asFields).filter((item) => item !== null);
  }

  /** Nobody proposed anything, or nobody decided in time: the person on call does, once. */
  private async propose(run: ScenarioRun, incident: Incident, onCall: string, thought: string): Promise<void> {
    const remedy = definitionOf(run)?.remedy;
    if (!remedy || !this.isTime(run, thought, helpsThemselvesAfterMs)) return;
    await this.post(onCall, `/api/v1/incidents/${incident.id}/remediations`, {
      action: remedy.action,
      target: remedy.target,
      params: remedy.params,
      because: 'nothing else is proposed, and this is what helped the last time',
    });
  }

  private async write(run: ScenarioRun, incident: Incident, onCall: string): Promise<void> {
    const path = `/api/v1/incidents/${incident.id}/updates`;
    const early = ['declared', 'investigating'].includes(incident.status);
    if (run.steps.wroteInternally === undefined && this.isTime(run, 'write internally', writesInternallyAfterMs)) {
      const text =
        'We have seen when the errors began. We are looking at the proposed remediation and will say what it did.';
      const body = { text, audience: 'internal', ...(early ? { status: 'identified' } : {}) };
      if (await this.post(onCall, path, body)) run.steps.wroteInternally = this.world.nowMs();
    }
    const promised = this.promisedAt(incident, 'public') !== null;
    if (
      promised &&
      run.steps.wrotePublicly === undefined &&
      this.isTime(run, 'write publicly', writesPubliclyAfterMs)
    ) {
      const lead = this.communicationsLead(incident) ?? onCall;
      const service = asText(incident.view.service) ?? '';
      const name = this.world.organisation.services[service]?.publicName ?? 'our shop';
      const text = `Some customers see errors in ${name}. We know about it and are working on it.`;
      if (await this.post(lead, path, { text, audience: 'public' })) run.steps.wrotePublicly = this.world.nowMs();
    }
  }

  /** The later updates, each once: what was promised for this time, and nothing where the pack promises nothing. */
  private async keepPromises(run: ScenarioRun, incident: Incident, onCall: string): Promise<void> {
    for (const audience of ['internal', 'public'] as const) {
      const first = audience === 'internal' ? run.steps.wroteInternally : run.steps.wrotePublicly;
      const dueAt = this.promisedAt(incident, audience);
      if (first === undefined || dueAt === null || run.steps[`kept ${audience} ${dueAt}`] !== undefined) continue;
      if (Date.parse(dueAt) - this.world.nowMs() > this.world.scaledMs(writesAheadMs)) continue;
      const person = audience === 'public' ? (this.communicationsLead(incident) ?? onCall) : onCall;
      const text =
        audience === 'public'
          ? 'We are still working on it, and will write again.'
          : 'No change since the last update; the remediation goes on.';
      const taken = await this.post(person, `/api/v1/incidents/${incident.id}/updates`, { text, audience });
      if (taken) run.steps[`kept ${audience} ${dueAt}`] = this.world.nowMs();
    }
  }

  /** When the next update is due; null: none is promised. */
  private promisedAt({ view }: Incident, audience: 'internal' | 'public'): string | null {
    return asText(asFields(asFields(view.updates)?.[audience])?.dueAt);
  }

  private communicationsLead({ view }: Incident): string | null {
    return asText(asFields(asFields(view.roles)?.communicationsLead)?.person);
  }

  /** Where Muster asks instead of starting the hold by itself, the commander says that it is over. */
  private async finish(run: ScenarioRun, incident: Incident, onCall: string): Promise<void> {
    if (incident.status === 'monitoring' || run.phase === 'firing' || run.phase === 'pending') return;
    if (run.phase === 'quiet' || !this.isTime(run, `resolve ${run.startsAt}`, resolvesAfterMs)) return;
    const remediations = await this.remediations(incident);
    const settled = new Set([
      'recovered',
      'reverted',
      'superseded',
      'refused',
      'rejected',
      'expired',
      'failed',
      'ineffective',
    ]);
    if (remediations.some((remediation) => !settled.has(asText(remediation.status) ?? ''))) return;
    const commander = asText(asFields(asFields(incident.view.roles)?.commander)?.person) ?? onCall;
    const body = { note: 'The figures are back to normal and nobody reports anything new.' };
    await this.post(commander, `/api/v1/incidents/${incident.id}/resolve`, body);
  }

  /** False the first time it is asked; true once the thought is old enough. */
  private isTime(run: ScenarioRun, thought: string, afterMs: number): boolean {
    const now = this.world.nowMs();
    const began = run.steps[thought];
    if (began === undefined) {
      run.steps[thought] = now;
      return afterMs === 0;
    }
    return now - began >= this.world.scaledMs(afterMs);
  }

  private async get(person: string, path: string): Promise<Fields | null> {
    const response = await this.call(person, path, null);
    return response.ok ? asFields(await response.json()) : null;
  }

  /** Whether it was taken; a refusal is logged and thought over again at the next look. */
  private async post(person: string, path: string, body: Fields): Promise<boolean> {
    const response = await this.call(person, path, body);
    const text = await response.text();
    const act = path.split('/').slice(5).join('/');
    if (response.ok) this.options.log('info', `${person} acted`, { act });
    else
      this.options.log('warn', `${person} was refused`, { act, status: response.status, detail: text.slice(0, 300) });
    return response.ok;
  }

  private call(person: string, path: string, body: Fields | null): Promise<Response> {
    return fetch(`${this.options.apiUrl}${path}`, {
      method: body === null ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${sandboxToken(this.options.secret, `person:${person}`)}`,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(15_000),
    });
  }
}
