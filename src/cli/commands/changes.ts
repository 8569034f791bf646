/** The ledger of changes: what was changed lately, and one change more. */
import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { ChangeList, changeKinds, TakenChange, WeighedKind } from '../../schema/change.ts';
import { type Context, contextOf, type World } from '../context.ts';
import { misused, orHowToRepeat } from '../failure.ts';
import { plain } from '../output.ts';
import { age, stamp } from '../times.ts';

const path = '/api/v1/changes';

interface ListOptions {
  service?: string;
  kind?: string;
  since?: string;
  drill?: boolean;
  limit?: string;
}

interface RecordOptions {
  kind: string;
  service?: string;
  environment?: string;
  at?: string;
  author?: string;
  commit?: string;
  url?: string;
  before?: string;
  after?: string;
  key?: string;
}

export const addChangesCommands = (program: Command, world: World): void => {
  program
    .command('changes')
    .description('what was changed lately, by whom, and what is watched')
    .option('--service <service>', 'id from the catalogue: told of it, of its workload, or of what that reads')
    .addOption(new Option('--kind <kind>', 'only these').choices(changeKinds))
    .option('--since <when>', 'a duration such as 4h, or an instant such as 2026-12-24T08:00:00Z')
    .option('--limit <number>', 'at most so many, 50 when absent')
    .option('--drill', 'those of drills, instead of the real ones')
    .addHelpText('after', '\nExamples:\n  muster changes --service checkout --since 4h\n  muster changes --kind flag')
    .action((options: ListOptions, command: Command) => list(contextOf(world, command), options));

  const change = program.command('change').description('tell the ledger of a change').enablePositionalOptions();
  change
    .command('record')
    .description('tell of a change that Muster cannot see: a flag, a setting at a vendor, a network')
    .argument('<what...>', 'what was changed, in a few words')
    .addOption(new Option('--kind <kind>', 'what it amounts to').choices(WeighedKind.options).makeOptionMandatory(true))
    .option('--service <service>', 'id from the catalogue; nobody in particular when absent')
    .option('--environment <name>', 'where, such as production')
    .option('--at <instant>', 'when it took effect, such as 2026-12-24T08:00:00Z; now when absent')
    .option('--author <person>', 'who made it, by id, mail address or name; you when absent')
    .option('--commit <commit>')
    .option('--url <address>', 'where to read more')
    .option('--before <text>', 'what it was; never a secret')
    .option('--after <text>', 'what it is now; never a secret')
    .option('--key <key>', 'makes a repeat of this command the same change')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  muster change record "new-search switched on for everybody" --kind flag --service search --after on',
    )
    .action((words: string[], options: RecordOptions, command: Command) =>
      record(contextOf(world, command), words.join(' '), options),
    );
};

const list = async ({ client, output, nowMs }: Context, options: ListOptions): Promise<void> => {
  const { service, kind, limit, drill } = options;
  const since = options.since === undefined ? undefined : await sinceOf(options.since, nowMs);
  const asked = { service, kind, since, limit, drill: drill ? 'true' : undefined };
  const given = Object.entries(asked).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  const query = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
  const { value, raw } = await client.get(`${path}${query}`, ChangeList);
  output.data(raw);
  if (value.items.length === 0) output.line('no change is known; tell of one with "muster change record"');
  else {
    output.table(
      ['WHEN', 'KIND', 'CHANGE', 'BY', 'SERVICE', 'SOURCE'],
      value.items.map(({ at, kind, what, by, author, service, source }) => [
        stamp(at),
        kind,
        plain(what),
        plain(author ?? by ?? '-'),
        service ?? '-',
        source,
      ]),
    );
  }
  for (const { cluster, namespace, missing, lookedAt } of value.watched) {
    if (missing.length === 0 && nowMs - Date.parse(lookedAt) < staleMs) continue;
    const place = namespace === '' ? `the nodes of ${cluster}` : `${namespace} in ${cluster}`;
    if (missing.length > 0) output.line(`of ${place} only a part is watched: ${plain(missing.join('; '))}`);
    else output.line(`${place} was looked at ${age(lookedAt, nowMs)} ago: is the remediation worker running?`);
  }
};

/** The watcher looks twice a minute, and seldom waits longer than this. */
const staleMs = 10 * 60_000;

const sinceOf = async (text: string, nowMs: number): Promise<string> => {
  // Loaded only here: nobody who acknowledges at night waits for the schema of packs.
  const { Duration } = await import('../../schema/policy.ts');
  const span = Duration.safeParse(text);
  if (span.success) return new Date(nowMs - span.data).toISOString();
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw misused(`--since is a duration such as 4h or an instant, not "${text}"`);
  return new Date(at).toISOString();
};

const record = async ({ client, output }: Context, what: string, options: RecordOptions): Promise<void> => {
  const { key = randomUUID(), kind, service, environment, at, author, commit, url, before, after } = options;
  const body = { kind, what, service, environment, at, author, commit, url, before, after };
  const { value, raw } = await orHowToRepeat(key, 'recording', client.post(path, body, TakenChange, key));
  output.data(raw);
  const { change, repeat } = value;
  output.line(`change ${change.id} ${repeat ? 'was recorded before' : 'is recorded'}: ${plain(change.what)}`);
};
