import type { ChosenRunbook } from '../../schema/runbook.ts';
import { sentence } from '../sentence.ts';
import type { Tellings } from './fact.ts';
import { muster, type Story } from './story.ts';

/** What was found out, and what was done about it. */
export const remediation = {
  diagnosed(story, fact) {
    const { state } = story;
    const [top] = fact.suspects;
    state.doing = null;
    chooseRunbook(story, fact.runbook);
    if (top && !state.cause) state.cause = `suspected: ${top.what}`;
    story.write('evidenceGathered', muster, fact.finding, {
      why:
        fact.missing.length > 0
          ? `could not be had: ${fact.missing.join(', ')}`
          : 'pods, events, revisions, logs and the symptom curve were read',
    });
    if (top) {
      story.move('identified');
      story.write('causeSuspected', muster, `Suspects ${top.what} (score ${top.score.toFixed(2)}).`, {
        why: top.reasons.join('; '),
      });
    }
    story.announce('room', 'plain', {
      text:
        top && !fact.finding.includes(top.what)
          ? `${sentence(fact.finding)} Prime suspect: ${top.what} (${top.reasons.join('; ')}).`
          : sentence(fact.finding),
    });
  },
  diagnosisFailed(story, fact) {
    story.write('evidenceGathered', muster, `Evidence could not be gathered: ${fact.because}.`);
  },
  remediationStarted(story, fact) {
    const { state } = story;
    state.remediation = { id: fact.id, target: fact.target, step: fact.step };
    state.remediationsStarted += 1;
    const what = `${fact.action} on ${fact.target.kind} ${fact.target.name}`;
    if (fact.by.kind === 'person') {
      story.write('remediationProposed', fact.by, `${fact.by.name} proposed ${what}: ${fact.because}`);
    } else {
      story.write('remediationProposed', fact.by, `Proposed ${what}.`, { why: fact.because });
    }
  },
  remediationJoined(story, fact) {
    const { state } = story;
    state.remediation = { id: fact.remediationId, target: fact.target, step: null, joined: true };
    const text = `Joined ${fact.remediationId}, which works on ${fact.target.kind} ${fact.target.name} for ${fact.incidentId}: ${fact.what}.`;
    story.write('remediationJoined', muster, text);
    story.announce('room', 'plain', { text });
  },
  remediationNotStarted(story, fact) {
    const { state } = story;
    state.remediation = null;
    story.write('remediationRefused', muster, `No remediation was started: ${fact.because}.`);
    story.announce('room', 'plain', { text: `No remediation was started: ${fact.because}.` });
  },
  remediationEnded(story, fact) {
    const { state } = story;
    // The run itself writes only on the timeline of the incident it was started for.
    const joined = state.remediation?.joined ? state.remediation.id : null;
    if (joined !== null && fact.status !== 'recovered')
      story.write('remediationJoined', muster, `${joined}, which was joined, ended ${fact.status}: ${fact.outcome}`);
    state.remediation = null;
    state.doing = null;
    if (fact.status === 'recovered') {
      state.mitigatedAt = fact.at;
      state.fix = fact.did;
      state.cause = state.cause?.replace('suspected: ', '') ?? null;
      if (!state.hold) story.move('mitigating');
      story.write('mitigated', muster, `Mitigated: ${fact.outcome}`);
    }
    story.announce('room', 'plain', { text: `Remediation ${fact.status}: ${fact.outcome}` });
    for (const task of fact.tasks) story.write('note', muster, `Still to do: ${task}`);
    state.tasks = [...new Set([...state.tasks, ...fact.tasks])];
  },
} satisfies Partial<Tellings>;

/** The runbook that fits now, or goes on; one that stops automation does so for the rest of the incident. */
const chooseRunbook = (story: Story, runbook: ChosenRunbook | null): void => {
  const { state } = story;
  const isNew = runbook !== null && state.runbook?.name !== runbook.name;
  if (runbook) state.runbook = runbook;
  if (!runbook || !isNew) return;
  const never = runbook.never.map(({ what, because }) => `${what} (${because})`).join('; ');
  story.write('causeSuspected', muster, `Runbook ${runbook.name} fits: ${runbook.because}`, {
    why: never === '' ? `version ${runbook.version}` : `version ${runbook.version}; never: ${never}`,
  });
  if (!runbook.stop) return;
  state.stopped = runbook.stop.because;
  const text = `Nothing is changed by Muster any more in this incident: ${runbook.stop.because} ${runbook.stop.ask}`;
  story.write('changesStopped', muster, text);
  story.announce('room', 'plain', { text });
};
