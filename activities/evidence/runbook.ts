/** Which runbook fits what was found, as plain data for the workflow. Never fails the diagnosis: without one there is none. */
import { factsOf, type IncidentForFacts } from '../../src/domain/diagnosis/facts.ts';
import { compileRunbook } from '../../src/domain/runbook/compile.ts';
import { knownTo, type RunbookCase, selectRunbooks, whyNoMatch } from '../../src/domain/runbook/match.ts';
import { targetsInCatalogue } from '../../src/domain/runbook/targets.ts';
import { fillRead } from '../../src/domain/runbook/words.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import type { Target } from '../../src/schema/remediation.ts';
import type { ChosenRunbook, RunbookDocument } from '../../src/schema/runbook.ts';
import { within } from '../attempt.ts';
import { inWords } from '../failure.ts';
import type { DiagnoseRequest } from '../index.ts';
import type { RemediationDependencies } from '../run/context.ts';
import { readFigure } from './reads.ts';

/**
 * Figures of a runbook are read only when it matches by all that is known without them. The one that an incident goes on
 * with is compiled whatever else fits by now.
 */
export const chooseRunbook = async (
  dependencies: RemediationDependencies,
  request: DiagnoseRequest,
  evidence: Evidence,
): Promise<ChosenRunbook | null> => {
  const { library, organisation } = dependencies;
  const incident = await incidentOf(dependencies, request);
  const facts = factsOf(evidence, incident);
  const { runbook: asked, service } = request;
  const candidates = library.runbooks
    .map(({ document }) => document)
    .filter((document) =>
      asked === null
        ? whyNoMatch(document, incident, knownTo(document, { facts, reads: {} }), library.evaluate(document)) === null
        : document.metadata.name === asked.name && document.metadata.version === asked.version,
    );
  const read = candidates.map(async (document) => [
    document.metadata.name,
    await figuresOf(dependencies, document, request, incident.target),
  ]);
  const reads = Object.fromEntries(await Promise.all(read)) as RunbookCase['reads'];
  const { chosen, judged } = selectRunbooks(candidates, { incident, facts, reads }, library.evaluate);
  const judgement = asked === null ? chosen : judged[0];
  if (!judgement) return null;
  const { runbook: document, confidence } = judgement;
  const compiled = compileRunbook(document, {
    facts,
    reads: reads[document.metadata.name] ?? {},
    targets: targetsInCatalogue(organisation, { service: service.id, workload: service.target }),
    service: request.incident.service,
    confidence,
    evaluate: library.evaluate(document),
  });
  return { ...compiled, builtIn: library.runbooks.some((one) => one.document === document && one.builtIn) };
};

/** Whatever a runbook says: the diagnosis has an end of its own. */
const readMsMax = 20_000;

/** What monitors said beside the names of their alerts is in the store; without it less is known, and nothing fails. */
const incidentOf = async (
  { store, log }: RemediationDependencies,
  { incident, service, alerts, answers }: DiagnoseRequest,
): Promise<IncidentForFacts> => {
  const told = await store.intake.alerts(incident.incidentId).catch((error: unknown) => {
    log.warn({ incident: incident.incidentId }, `alerts could not be read again: ${inWords(error)}`);
    return [];
  });
  return {
    rank: incident.rank,
    service: incident.service,
    drill: incident.drill,
    target: service.target,
    alerts: [
      ...alerts.map(({ title, fingerprint }) => {
        const found = told.find((alert) => alert.fingerprint === fingerprint);
        return found ? { title, labels: found.labels, signals: found.signals } : { title };
      }),
      // Whoever declared it is a witness as well.
      ...(Object.keys(answers).length > 0 ? [{ title: incident.title, signals: answers }] : []),
    ],
  };
};

const figuresOf = async (
  dependencies: RemediationDependencies,
  { metadata, spec }: RunbookDocument,
  request: DiagnoseRequest,
  target: Target | null,
): Promise<Record<string, number>> => {
  const { incident, at } = request;
  const found = await Promise.all(
    spec.diagnose.map(async (asked) => {
      const read = fillRead(asked, { target, service: incident.service });
      if (!read) return [];
      try {
        const value = await within(
          Math.min(read.within, readMsMax),
          readFigure(dependencies, read, { drill: incident.drill, at }),
          () => new Error('no answer in time'),
        );
        return value === null ? [] : [[read.id, value] as const];
      } catch (error) {
        dependencies.log.warn({ runbook: metadata.name, read: read.id }, `could not be read: ${inWords(error)}`);
        return [];
      }
    }),
  );
  return Object.fromEntries(found.flat());
};
