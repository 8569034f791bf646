/** Which runbook fits what was found, as plain data for the workflow. Never fails the diagnosis: without one there is none. */
import { factsOf, type IncidentForFacts } from '../../src/domain/facts.ts';
import { type CompileRequest, compileRunbook } from '../../src/domain/runbook-compile.ts';
import { judgeRunbook, knownTo, type RunbookCase, whyNoMatch } from '../../src/domain/runbook-match.ts';
import type { RunbookTargets } from '../../src/domain/runbook-targets.ts';
import { fillRead } from '../../src/domain/runbook-words.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import type { Target } from '../../src/schema/remediation.ts';
import type { ChosenRunbook, RunbookDocument } from '../../src/schema/runbook.ts';
import { within } from '../attempt.ts';
import { inWords } from '../failure.ts';
import type { DiagnoseRequest } from '../index.ts';
import type { Library, RemediationDependencies } from '../run/context.ts';
import { readFigure } from './reads.ts';

/** Figures of a runbook are read only when it matches by all that is known without them. */
export const chooseRunbook = async (
  dependencies: RemediationDependencies,
  request: DiagnoseRequest,
  evidence: Evidence,
): Promise<ChosenRunbook | null> => {
  const { library } = dependencies;
  const incident = incidentOf(request);
  const facts = factsOf(evidence, incident);
  const matching = library.runbooks
    .filter(({ document }) => isAsked(document, request.runbook))
    .filter(({ document }) => {
      const known = knownTo(document, { facts, reads: {} });
      return whyNoMatch(document, incident, known, library.evaluate(document)) === null;
    });
  const reads = Object.fromEntries(
    await Promise.all(
      matching.map(async ({ document }) => [
        document.metadata.name,
        await figuresOf(dependencies, document, request, incident.target),
      ]),
    ),
  ) as RunbookCase['reads'];
  const judged = matching
    .map((entry) => ({
      entry,
      verdict: judgeRunbook(entry.document, { incident, facts, reads }, library.evaluate(entry.document)),
    }))
    .filter(
      ({ verdict, entry }) => verdict.outcome === 'concludes' || isAsked(entry.document, request.runbook ?? never),
    )
    .sort(
      (one, other) =>
        Number(other.entry.document.spec.stop !== undefined) - Number(one.entry.document.spec.stop !== undefined) ||
        other.verdict.confidence - one.verdict.confidence ||
        one.entry.document.metadata.name.localeCompare(other.entry.document.metadata.name),
    );
  const [chosen] = judged;
  if (!chosen) return null;
  const { document, builtIn } = chosen.entry;
  const compiled = compileRunbook(document, {
    facts,
    reads: reads[document.metadata.name] ?? {},
    targets: targetsOf(dependencies, request),
    service: request.incident.service,
    confidence: chosen.verdict.confidence,
    evaluate: library.evaluate(document),
  } satisfies CompileRequest);
  return { ...compiled, builtIn };
};

/** Whatever a runbook says: the diagnosis has an end of its own. */
const readMsMax = 20_000;

const never = { name: '', version: 0 };

const isAsked = ({ metadata }: RunbookDocument, asked: DiagnoseRequest['runbook']): boolean =>
  asked === null || (metadata.name === asked.name && metadata.version === asked.version);

const incidentOf = ({ incident, service, alerts }: DiagnoseRequest): IncidentForFacts => ({
  rank: incident.rank,
  service: incident.service,
  drill: incident.drill,
  target: service.target,
  alerts: alerts.map(({ title }) => ({ title })),
});

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

const targetsOf = ({ organisation }: RemediationDependencies, { service }: DiagnoseRequest): RunbookTargets => {
  const listed = organisation.services[service.id];
  const database = listed?.database === undefined ? undefined : organisation.databases[listed.database];
  return {
    workload: service.target,
    database:
      listed?.database === undefined || !database
        ? null
        : { cluster: listed.database, kind: 'Database', namespace: '', name: database.database },
    application: listed?.application
      ? { cluster: listed.application.endpoint, kind: 'Application', namespace: '', name: listed.application.name }
      : null,
    switches: Object.entries(organisation.switches).map(([name, { kind, endpoint, service: of }]) => ({
      name,
      kind,
      own: of === service.id,
      target: { cluster: endpoint, kind: 'Switch', namespace: '', name },
    })),
  };
};

/** Nothing fits anything: for workers that were given no runbooks. */
export const noLibrary: Library = {
  runbooks: [],
  evaluate: () => () => ({ known: false, missing: [] }),
  holds: () => null,
};
