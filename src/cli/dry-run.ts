/** What a runbook would make of a case, decided here: nothing is read from a cluster and nothing is changed. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RunbookTargets } from '../domain/runbook/targets.ts';
import type { Organisation } from '../schema/organisation.ts';
import type { Target } from '../schema/remediation.ts';
import type { RunbookDocument } from '../schema/runbook.ts';
import type { Context } from './context.ts';
import { misused } from './failure.ts';
import { organisationFileOf } from './own-files.ts';
import type { DryRun } from './show-runbook.ts';

export interface DryRunOptions {
  target?: string;
  service?: string;
  facts?: string;
  input?: string[];
  organisation?: string;
}

/** Decides on what the file says, and takes what it does not say for unknown. */
export const dryRun = async (context: Context, runbook: RunbookDocument, options: DryRunOptions): Promise<DryRun> => {
  const { conditionsOf } = await import('../packs/runbook-check.ts');
  const { compileRunbook } = await import('../domain/runbook/compile.ts');
  const { judgeRunbook } = await import('../domain/runbook/match.ts');
  const { firstStep } = await import('../domain/runbook/next.ts');
  const { targets, service } = await catalogueOf(context, options);
  const given = await caseOf(context, options, { target: targets.workload, service });
  const { evaluate } = conditionsOf(runbook);
  const { name } = runbook.metadata;
  const inputs = inputsFrom(runbook, options.input ?? [], await durations());
  const judged = judgeRunbook(
    runbook,
    { ...given, reads: { [name]: given.reads }, inputs: { [name]: inputs } },
    evaluate,
  );
  const compiled = compileRunbook(runbook, {
    facts: given.facts,
    reads: given.reads,
    inputs,
    targets,
    service,
    confidence: judged.confidence,
    evaluate,
  });
  const first = firstStep(compiled);
  return {
    outcome: judged.outcome,
    why: judged.why,
    first: first.to === 'step' ? first.step.id : null,
    otherwise: first.to === 'step' ? null : first.because,
    compiled,
  };
};

const caseOf = async (
  { world }: Context,
  { facts }: DryRunOptions,
  place: { target: Target | null; service: string | null },
) => {
  const { parseCaseFile } = await import('../packs/runbook-case-file.ts');
  return parseCaseFile(
    facts === undefined ? '{}' : textOf(resolve(world.workingDir, facts)),
    facts ?? 'no file',
    place,
  );
};

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw misused(`${file} cannot be read; give a JSON file with facts or evidence to --facts`);
  }
};

const catalogueOf = async (
  { world }: Context,
  { target, service, organisation: file }: DryRunOptions,
): Promise<{ targets: RunbookTargets; service: string | null }> => {
  const { loadOrganisation } = await import('../packs/load.ts');
  const { targetsInCatalogue } = await import('../domain/runbook/targets.ts');
  const organisation = loadOrganisation(organisationFileOf(world, file));
  const wanted = target === undefined ? null : workloadFrom(target);
  if (service !== undefined && !Object.hasOwn(organisation.services, service))
    throw misused(`there is no service ${service}; give one of ${Object.keys(organisation.services).join(', ')}`);
  const id = service ?? (wanted ? serviceOf(organisation, wanted) : null);
  const listed = id === null ? undefined : organisation.services[id]?.workload;
  const cluster = wanted?.cluster || listed?.cluster || '(unknown)';
  const workload = wanted ? { ...wanted, cluster } : (listed ?? null);
  return { targets: targetsInCatalogue(organisation, { service: id, workload }), service: id };
};

const serviceOf = ({ services }: Organisation, { kind, namespace, name }: Target): string | null =>
  Object.entries(services).find(
    ([, { workload }]) => workload?.kind === kind && workload.namespace === namespace && workload.name === name,
  )?.[0] ?? null;

/** The cluster may be left out: the catalogue knows it. */
const workloadFrom = (text: string): Target => {
  const parts = text.split('/');
  const [cluster, kind, namespace, name] = parts.length === 3 ? ['', ...parts] : parts;
  if (parts.length < 3 || parts.length > 4 || !kind || !namespace || !name)
    throw misused(`"${text}" is no workload; give Kind/namespace/name, such as Deployment/shop/checkout`);
  return { cluster: cluster ?? '', kind, namespace, name };
};

const durations = async () => (await import('../schema/policy.ts')).Duration;

const inputsFrom = (
  { spec }: RunbookDocument,
  pairs: string[],
  Duration: Awaited<ReturnType<typeof durations>>,
): Record<string, number | string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw misused(`"${pair}" is no input; give name=value`);
      const [name, text] = [pair.slice(0, at), pair.slice(at + 1)];
      const type = spec.inputs[name]?.type;
      if (type === 'number') return [name, Number(text)];
      if (type !== 'duration') return [name, text];
      const parsed = Duration.safeParse(text);
      if (!parsed.success) throw misused(`input ${name} is a duration such as 10m, not "${text}"`);
      return [name, parsed.data];
    }),
  );
