import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { SimulatedItem } from '../../domain/incident/simulate.ts';
import type { Organisation } from '../../schema/organisation.ts';
import { Duration, type PackDocument } from '../../schema/policy.ts';
import { type Context, contextOf, type World } from '../context.ts';
import { misused } from '../failure.ts';
import { foldersOf, organisationFileOf } from '../own-files.ts';
import { momentOf, stamp } from '../times.ts';

/** As the product itself decides where MUSTER_PACK says nothing. */
const packOfNewInstalls = 'guide-sev1-sev3';

interface Options {
  pack?: string;
  severity?: string;
  service?: string;
  category?: string;
  at?: string;
  acknowledgedAt?: string;
  mitigatedAt?: string;
  diff?: string;
  organisation?: string;
  packs?: string[];
}

export const addSimulateCommand = (program: Command, world: World): void => {
  program
    .command('simulate')
    .description('who would be woken and told, minute by minute; without the API, nobody is told anything')
    .option('--pack <pack>', 'pack id, or a file; MUSTER_PACK when absent')
    .option('-s, --severity <severity>', 'the worst of the pack when absent')
    .option('--service <service>', 'id from the catalogue')
    .option('--category <category>', 'for packs that route by category where no service is known')
    .option('--at <instant>', 'moment of the declaration, such as 2026-12-24T20:00:00Z; now when absent')
    .option('--acknowledged-at <duration>', 'somebody acknowledges after this, such as 1m; nobody when absent')
    .option('--mitigated-at <duration>', 'somebody says that it is over after this; when absent, once all had its turn')
    .option('--diff <pack>', 'what another pack (id or file) would do otherwise')
    .option('--organisation <file>', 'organisation.yaml; MUSTER_ORGANISATION when absent')
    .option('--packs <dir...>', 'folders with packs of your own; MUSTER_PACKS_DIR when absent')
    .addHelpText(
      'after',
      `
Examples:
  muster simulate --pack guide-sev1-sev3 --severity SEV1 --service checkout
  muster simulate --severity SEV2 --acknowledged-at 1m --at 2026-12-24T20:00:00Z
  muster simulate --severity SEV1 --diff packs/ours.yaml`,
    )
    .action((options: Options, command: Command) => simulateCommand(contextOf(world, command), options));
};

const simulateCommand = async (context: Context, options: Options): Promise<void> => {
  // Loaded only here: nobody who acknowledges at night waits for the readers of YAML.
  const { loadOrganisation } = await import('../../packs/load.ts');
  const { simulate } = await import('../../domain/incident/simulate.ts');
  const { simulationOf } = await import('../../packs/simulation.ts');
  const { world, output } = context;
  const organisation = loadOrganisation(organisationFileOf(world, options.organisation));
  const at = momentOf(options.at, context.nowMs);
  const run = (pack: PackDocument, severity: string | undefined): { severity: string; items: SimulatedItem[] } => {
    const request = simulationOf({
      pack,
      organisation,
      at,
      severity,
      service: options.service,
      category: options.category,
      acknowledgedAfterMs: durationOf('--acknowledged-at', options.acknowledgedAt),
      mitigatedAfterMs: durationOf('--mitigated-at', options.mitigatedAt),
    });
    return { severity: request.severity, items: simulate(request) };
  };

  const pack = await packOf(context, options, options.pack ?? world.environment.MUSTER_PACK, organisation);
  const { severity, items } = run(pack, options.severity);
  const head = `${pack.pack} ${severity}, declared ${stamp(at)}${options.service ? ` for ${options.service}` : ''}`;
  if (options.diff === undefined) {
    output.data({ pack: pack.pack, severity, at, items });
    output.line(output.paint(head, 'bold'));
    for (const item of items) output.line(lineOf(item));
    return;
  }
  const other = await packOf(context, options, options.diff, organisation);
  const { severity: otherSeverity, items: others } = run(other, sameRank(pack, severity, other));
  const [removed, added] = [without(items, others), without(others, items)];
  output.data({ pack: pack.pack, severity, other: other.pack, otherSeverity, at, items, removed, added });
  output.line(output.paint(`- ${head}`, 'red'));
  output.line(output.paint(`+ ${other.pack} ${otherSeverity}`, 'green'));
  if (removed.length + added.length === 0) output.line('no difference');
  const marked = [
    ...removed.map((item) => ({ item, sign: '-' as const })),
    ...added.map((item) => ({ item, sign: '+' as const })),
  ].sort((one, two) => one.item.atMinutes - two.item.atMinutes);
  for (const { item, sign } of marked) {
    output.line(output.paint(`${sign} ${lineOf(item)}`, sign === '-' ? 'red' : 'green'));
  }
};

/** A pack by id among the built-in ones and the team's own, or a file by its path. */
const packOf = async (
  { world }: Context,
  options: Options,
  wanted: string | undefined,
  organisation: Organisation,
): Promise<PackDocument> => {
  const { loadPack, loadPacks } = await import('../../packs/load.ts');
  if (wanted && /\.ya?ml$/.test(wanted)) return loadPack(resolve(world.workingDir, wanted), organisation);
  const packs = loadPacks(foldersOf(world, options.packs, 'MUSTER_PACKS_DIR'), organisation, [
    wanted ?? packOfNewInstalls,
  ]);
  const pack = packs.get(wanted ?? packOfNewInstalls);
  if (!pack) throw misused(`there is no pack ${wanted}; give one of ${[...packs.keys()].join(', ')}, or a file`);
  return pack;
};

/** Another pack calls its severities by other names: the same rank is meant, or its mildest. */
const sameRank = (pack: PackDocument, severity: string, other: PackDocument): string | undefined => {
  if (other.severities[severity]) return severity;
  const rank = pack.severities[severity]?.rank ?? 1;
  const ranked = Object.entries(other.severities).sort(([, one], [, two]) => one.rank - two.rank);
  return (ranked.find(([, each]) => each.rank === rank) ?? ranked.at(-1))?.[0];
};

const without = (items: SimulatedItem[], others: SimulatedItem[]): SimulatedItem[] => {
  const there = new Set(others.map(identity));
  return items.filter((item) => !there.has(identity(item)));
};

/** What matters to whoever is woken; wording does not. */
const identity = ({ atMinutes, kind, who, via, stoppedBy }: SimulatedItem): string =>
  JSON.stringify([atMinutes, kind, who, via, stoppedBy]);

const lineOf = ({ atMinutes, kind, text, stoppedBy, who, via }: SimulatedItem): string => {
  const [first = ''] = text.replaceAll('*', '').split('\n');
  const told = kind === 'notify' ? `${who} by ${via}: ${first}` : first;
  return `${clockOf(atMinutes).padStart(12)}  ${kind.padEnd(14)}  ${told}${stoppedBy && kind === 'page' ? `, unless ${stoppedBy}` : ''}`;
};

/** `+1:05` hours and minutes from the declaration, with days where there are any. */
const clockOf = (atMinutes: number): string => {
  const whole = Math.floor(atMinutes);
  const days = Math.floor(whole / 1_440);
  const hours = Math.floor(whole / 60) % 24;
  return `+${days > 0 ? `${days} d ` : ''}${hours}:${String(whole % 60).padStart(2, '0')}`;
};

const durationOf = (option: string, given: string | undefined): number | null => {
  if (given === undefined) return null;
  const parsed = Duration.safeParse(given);
  if (!parsed.success) throw misused(`${option} ${given}: give a duration such as 90s, 1m or 2h`);
  return parsed.data;
};
