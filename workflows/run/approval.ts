/** Whether the plan may be carried out: by the policy alone, or by the yes of people, before their time is up. */
import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { instant, spanInWords } from '../../src/domain/duration.ts';
import type { Plan, RemediationView } from '../../src/schema/remediation.ts';
import { approve, type Decide, deny } from '../messages.ts';
import { callForHelp } from './attendance.ts';
import type { Run } from './run.ts';

/** Handlers stand before the first await: an update that finds none is refused. */
export const answerDecisions = (run: Run): void => {
  const answer = (verdict: 'approved' | 'denied') => (decision: Decide) => decide(run, decision, verdict);
  const validator = (decision: Decide) => check(run, decision);
  setHandler(approve, answer('approved'), { validator });
  setHandler(deny, answer('denied'), { validator });
};

/** False: the run has ended with the reason. */
export const isAllowed = async (run: Run, plan: Plan): Promise<boolean> => {
  const { mode, modeBecause } = run.view;
  const because = modeBecause.join('; ');
  if (mode === 'auto') {
    run.view.startBy = instant(Date.now() + run.elapsed(run.startWithinMs));
    await run.write('guarded', 'remediationNotAsked', `Needs no approval: ${plan.sentence}.`, because);
    return true;
  }
  // A person who proposes has answered what "recommend" asks; whether it may happen is for others to say.
  const byPerson = run.input.proposedBy.kind === 'person';
  if (mode === 'approve' || (mode === 'recommend' && byPerson)) return waitForYes(run, plan);
  const text =
    mode === 'recommend'
      ? `Recommended, not started: ${plan.sentence}. A person who agrees proposes it (${because})`
      : `${mode === 'observe' ? 'Only observed' : 'Not allowed'}: ${plan.sentence} (${because})`;
  await run.end('refused', 'remediationRefused', text);
  return false;
};

const waitForYes = async (run: Run, plan: Plan): Promise<boolean> => {
  const { view } = run;
  await run.write(
    'awaitingApproval',
    'remediationPlanned',
    `Planned: ${plan.sentence}. Waits for approval by ${view.quorum > 1 ? `${view.quorum} people` : 'a person'} who may: ${[...view.approverRoles, ...view.approverPeople].join(' or ')}.`,
    `blast class ${plan.blastClass}; ${plan.undo}`,
  );
  const askedForMs = Date.parse(view.expiresAt ?? '') - Date.now();
  for (let seen = 0; ; ) {
    const until = Date.parse(run.view.expiresAt ?? '');
    await condition(() => run.view.decisions.length > seen || run.abandoned !== null, leftUntil(until), {
      summary: `wait for approval of: ${plan.sentence}`,
    });
    if (run.abandoned !== null) {
      await run.end('rejected', 'remediationDenied', `Nothing was changed: ${run.abandoned}`);
      return false;
    }
    const decision = run.view.decisions[seen];
    if (decision) {
      seen += 1;
      const verdict = await take(run, plan, seen);
      if (verdict !== null) return verdict;
    } else if (run.escalateTo !== null) {
      const duty = run.escalateTo;
      run.escalateTo = null;
      run.view.expiresAt = instant(Date.now() + askedForMs);
      const because = `${saidSoFar(run, seen)} within ${spanInWords(askedForMs * run.input.incident.speed)}`;
      await callForHelp(run, duty, `${because}: ${plan.sentence}`);
      await run.write('awaitingApproval', 'remediationExpired', `${because}; ${duty} is asked now`);
    } else {
      await run.end('expired', 'remediationExpired', `${saidSoFar(run, seen)} in time; nothing was changed`);
      return false;
    }
  }
};

const leftUntil = (until: number): number => Math.max(1, Math.round(until - Date.now()));

const saidSoFar = ({ view }: Run, seen: number): string =>
  `${seen === 0 ? 'Nobody' : `${seen} of ${view.quorum} people`} decided`;

/** Null: more are to be heard. */
const take = async (run: Run, plan: Plan, seen: number): Promise<boolean | null> => {
  const decision = run.view.decisions[seen - 1];
  if (!decision) return null;
  const { by, reason, verdict } = decision;
  const said = reason ? `: ${reason}` : '';
  if (verdict === 'denied') {
    await run.end('rejected', 'remediationDenied', `${by.name} denied the plan${said}`, by);
    return false;
  }
  const { quorum } = run.view;
  const enough = seen >= quorum;
  if (enough) run.view.startBy = instant(Date.now() + run.elapsed(run.startWithinMs));
  await run.write(
    enough ? 'guarded' : 'awaitingApproval',
    'remediationApproved',
    `${by.name} approved${quorum > 1 ? ` (${seen} of ${quorum})` : ''}: ${plan.sentence}${said}.`,
    `plan ${plan.planHash.slice(0, 12)}`,
    by,
  );
  return enough ? true : null;
};

/** Refuses in words what may not be decided. Pure: it runs before anything is written. */
const check = (run: Run, decision: Decide): void => {
  const { view } = run;
  if (decision.remediationId !== view.id) refuse(`the run on this target is ${view.id}, not ${decision.remediationId}`);
  if (view.status !== 'awaitingApproval') refuse(`${view.id} is ${view.status}; there is nothing to decide`);
  if (decision.planHash !== view.planHash)
    refuse('the plan changed since you saw it; read it again and decide on the new one');
  if (isDecided(view)) refuse(`${view.id} is decided already`);
  if (view.decisions.some(({ by }) => by.id === decision.by.id))
    refuse(`${decision.by.name} has decided already; ask another person`);
};

const decide = (run: Run, decision: Decide, verdict: 'approved' | 'denied'): RemediationView => {
  // Of two decisions in one activation the first may have settled it.
  if (!isDecided(run.view)) {
    const { by, planHash, reason, seal, sealedAt } = decision;
    const taken = { by, at: instant(Date.now()), verdict, planHash, reason: reason ?? null, seal, sealedAt };
    run.view.decisions = [...run.view.decisions, taken];
  }
  return run.view;
};

const isDecided = ({ decisions, quorum }: RemediationView): boolean =>
  decisions.some(({ verdict }) => verdict === 'denied') || decisions.length >= quorum;

const refuse = (message: string): never => {
  throw ApplicationFailure.create({ type: 'conflict', message, nonRetryable: true });
};
