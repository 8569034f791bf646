/** What is loaded, how far each runbook may go by itself, and how well it did: facts and sentences for one page. Pure. */

import type { RemediationPolicy } from '../../schema/remediation-policy.ts';
import type { MeasuredTrust, RunbookBoard, RunbookView, StopOver } from '../../schema/runbook-board.ts';
import { rulesFor, type TrustRule } from '../remediation/mode-rules.ts';
import { selectionInWords } from '../remediation/mode-words.ts';
import { freezesAt, policyGrounds } from '../remediation/policy-board.ts';
import { everything, stoppedWords } from '../remediation/stop.ts';
import { suggestionInWords, type TrustEntry, trustRows } from '../remediation/trust.ts';
import { runbookInWords } from './in-words.ts';
import { type LoadedRunbook, stepModes } from './step-modes.ts';
import { type ModeFacts, type ModeGround, modeGround } from './step-seats.ts';

/** What was read from files. */
export interface RemediationFiles {
  /** ISO 8601. */
  readAt: string;
  /** `file`: its name within its folder. */
  runbooks: readonly (LoadedRunbook & { file: string })[];
  policies: readonly { policy: RemediationPolicy; file: string; owner: string | null; description: string | null }[];
  /** Faults of runbooks that were left out, each in one line. */
  faults: readonly string[];
}

/** What happened so far and holds now. */
export interface BoardFacts extends Omit<ModeFacts, 'policies'> {
  /** Results of drills. */
  practised: readonly TrustEntry[];
  stops: readonly Omit<StopOver, 'what' | 'steps'>[];
}

export const runbookBoard = (files: RemediationFiles, facts: BoardFacts): RunbookBoard => {
  const policies = files.policies.map(({ policy }) => policy);
  const ground = modeGround({ ...facts, policies });
  const trust = { live: measured(policies, facts.results, false), drills: measured(policies, facts.practised, true) };
  return {
    readAt: files.readAt,
    at: facts.at,
    runbooks: files.runbooks
      .map((runbook) => viewOf(runbook, ground, facts, trust))
      .toSorted((left, right) => Number(left.builtIn) - Number(right.builtIn) || left.name.localeCompare(right.name)),
    mayLower:
      'Limits that are used up, an alert that keeps coming back and data that may be lost lower a mode further at the moment of the change.',
    grounds: policyGrounds(policies, facts.organisation),
    freezes: freezesAt(policies, facts.at),
    policies: files.policies.map(({ policy: { name, builtIn, select }, ...from }) => ({
      name,
      builtIn,
      ...from,
      where: selectionInWords(select),
    })),
    faults: [...files.faults],
  };
};

const viewOf = (
  runbook: LoadedRunbook & { file: string },
  ground: ModeGround,
  facts: BoardFacts,
  trust: { live: readonly MeasuredTrust[]; drills: readonly MeasuredTrust[] },
): RunbookView => {
  const { document, builtIn, file } = runbook;
  const { name, version, title, owner } = document.metadata;
  const words = runbookInWords(document);
  const steps = document.spec.steps.map((step, index) => ({
    id: step.id,
    title: step.title,
    action: step.action,
    does: words.steps[index]?.does ?? '',
    ...stepModes(ground, runbook, step),
  }));
  const own = (row: MeasuredTrust): boolean => row.runbook === name && row.version === version;
  return {
    name,
    version,
    title,
    owner,
    builtIn,
    file,
    matches: words.matches,
    stopsAutomation: words.stops,
    steps,
    stopScope: `runbook/${name}`,
    stops: facts.stops.flatMap((stop) => stopOver(stop, name, steps)),
    breakers: facts.breakers
      .filter((breaker) => breaker.runbook === name)
      .map(({ targetKey: target, until, because }) => ({ target, until, because })),
    trust: trust.live.filter(own),
    practice: trust.drills.filter(own),
  };
};

/** The stop with what it covers of the runbook; nothing where that is nothing. Clusters are told once for all on every page. */
const stopOver = (
  stop: BoardFacts['stops'][number],
  runbook: string,
  steps: readonly { id: string; action: string; modes: readonly { action: string }[] }[],
): StopOver[] => {
  const what = stoppedWords(stop.scope);
  if (stop.scope === everything || stop.scope === `runbook/${runbook}`) return [{ ...stop, what, steps: null }];
  const stopped = steps.filter((step) => [step, ...step.modes].some(({ action }) => stop.scope === `action/${action}`));
  return stopped.length > 0 ? [{ ...stop, what, steps: stopped.map(({ id }) => id) }] : [];
};

const measured = (
  policies: readonly RemediationPolicy[],
  results: readonly TrustEntry[],
  drill: boolean,
): MeasuredTrust[] => {
  const ruleFor = ({ environment, runbook }: Pick<TrustEntry, 'environment' | 'runbook'>): TrustRule =>
    rulesFor(policies, {
      environment,
      cluster: '',
      namespace: '',
      service: null,
      runbook: { name: runbook },
      drill,
    }).trust;
  return trustRows(results, ruleFor).map((row) => ({
    ...row,
    promoteFrom: ruleFor(row).promote,
    follows: suggestionInWords(row),
  }));
};
