import { spanInWords } from '../src/domain/duration.ts';
import { NotFound, Unavailable } from '../src/domain/errors.ts';
import { type Fact, render, Written, writeFor } from '../src/domain/telling/render.ts';
import type { ActionItem } from '../src/schema/api.ts';
import type { Evidence } from '../src/schema/evidence.ts';
import type { IncidentView, TimelineItem } from '../src/schema/incident.ts';
import type { RemediationView } from '../src/schema/remediation.ts';
import type { Dependencies } from './dependencies.ts';
import { inWords } from './failure.ts';
import type { Activities } from './index.ts';

/** What happened, without the machine's bookkeeping. */
const bookkeeping: ReadonlySet<string> = new Set(['notified', 'holdSampled', 'reminded']);

/**
 * Drafts the postmortem in the pack's wording from what was recorded: timeline, evidence, remediations. What nobody
 * recorded is left to be filled in. Throws Unavailable until the incident's end is recorded. Repeating writes the same document of the same moment again.
 */
export const createPostmortem = (dependencies: Dependencies): Pick<Activities, 'writePostmortem'> => {
  const { store, packs, log } = dependencies;
  return {
    writePostmortem: async ({ incident, at }) => {
      const id = incident.incidentId;
      const view = await store.incidents.incident(id);
      if (!view) throw new NotFound(`${id} is not in the store; its postmortem has nothing to stand on`);
      // After a crash the record of the end may still be on its way; a draft without it would stay so.
      if (view.resolvedAt === null)
        throw new Unavailable(`the end of ${id} is not recorded yet; it is drafted after that`);
      const [timeline, evidence, remediations, followUp] = await Promise.all([
        store.incidents.timeline(id),
        store.remediations.evidence(id),
        store.remediations.remediations(id),
        store.followUps.followUp(id),
      ]);
      const facts = factsOf(view, { timeline, evidence, remediations, actionItems: followUp?.actionItems ?? [] });
      let markdown: string;
      try {
        markdown = render(packs.get(incident.pack)?.messages.postmortem ?? plainDocument, facts, 'markdown');
      } catch (error) {
        log.error({ incident: id }, inWords(error));
        markdown = render(plainDocument, facts, 'markdown');
      }
      await store.followUps.savePostmortem(id, `${markdown}\n${findings(evidence, remediations)}`, at);
      return { draftedAt: at };
    },
  };
};

interface Sources {
  timeline: TimelineItem[];
  evidence: Evidence | null;
  remediations: RemediationView[];
  actionItems: ActionItem[];
}

const factsOf = (view: IncidentView, sources: Sources): Record<string, Fact> => {
  const { timeline, evidence, remediations, actionItems } = sources;
  const recovered = remediations.findLast((one) => one.status === 'recovered');
  const suspect = evidence?.suspects[0];
  const endedAt = view.resolvedAt;
  const people = Object.entries(view.roles).map(([role, holder]) => `${wordsOfRole(role)}: ${holder.name}`);
  return {
    id: view.id,
    title: view.title,
    severity: view.severity,
    drill: view.drill,
    service: view.service,
    impact: view.summary,
    startedAt: view.declaredAt,
    endedAt,
    // Counted as the policy counts: a drill's hour is an hour, however fast its clock ran.
    duration: endedAt ? spanInWords((Date.parse(endedAt) - Date.parse(view.declaredAt)) * view.speed) : null,
    cause:
      view.cause ?? (suspect ? `Suspected, to be confirmed: ${suspect.what} (${suspect.reasons.join('; ')})` : null),
    fix: recovered?.outcome ?? timeline.findLast((entry) => entry.kind === 'mitigated')?.text ?? null,
    commander: view.roles.commander?.name ?? null,
    roles: people,
    timeline: timeline.filter((entry) => !bookkeeping.has(entry.kind)).map(line),
    actionItems: actionItems.map(row),
  };
};

const line = (entry: TimelineItem): Written =>
  new Written(`${moment(entry.at)} ${cell(entry.text)}${entry.why ? ` (${cell(entry.why)})` : ''}`);

const row = (item: ActionItem): Written =>
  new Written(
    `| ${cell(item.text)} | ${cell(item.owner)} | ${item.dueAt?.slice(0, 10) ?? 'no date'} | ${item.doneAt ? 'done' : 'open'} |`,
  );

/** What the machine found and did, below the pack's sections: the review starts from figures. */
const findings = (evidence: Evidence | null, remediations: RemediationView[]): string => {
  const suspects = (evidence?.suspects ?? []).map(
    (suspect) =>
      `| ${cell(suspect.what)} | ${moment(suspect.at)} | ${suspect.score.toFixed(2)} | ${cell(suspect.reasons.join('; '))} |`,
  );
  const runs = remediations.map(
    (run) =>
      `| ${cell(run.plan?.sentence ?? run.action)} | ${run.status} | ${cell(approvers(run))} | ${cell(run.outcome ?? '')} |`,
  );
  return [
    ...(suspects.length > 0
      ? ['', '## Changes before the onset', '| Change | When | Score | Reasons |', '|---|---|---|---|', ...suspects]
      : []),
    ...(runs.length > 0
      ? ['', '## Remediations', '| What | Outcome | Approved by | Finding |', '|---|---|---|---|', ...runs]
      : []),
    ...((evidence?.missing.length ?? 0) > 0
      ? ['', `Evidence that could not be had: ${cell(evidence?.missing.join(', ') ?? '')}.`]
      : []),
    '',
  ].join('\n');
};

const approvers = (run: RemediationView): string =>
  run.decisions
    .filter((decision) => decision.verdict === 'approved')
    .map((decision) => decision.by.name)
    .join(', ');

const cell = (text: string): string => writeFor('markdown', text.replace(/\s+/g, ' ').trim());
const moment = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
const wordsOfRole = (role: string): string => role.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

const plainDocument = `# Incident report: {{ title }}

{{ id }} ({{ severity }}), {{ startedAt }} to {{ endedAt }}

## Timeline
{% for line in timeline %}- {{ line }}
{% endfor %}
## Root cause
{{ cause }}

## Resolution
{{ fix }}
`;
