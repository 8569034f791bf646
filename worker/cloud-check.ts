/**
 * What a worker may read of the cloud, asked once when it starts: a right that is missing is then in the log with the policy to
 * attach, instead of in the evidence of an incident at night. It only asks and tells; nothing waits for it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { wordsOf } from '../src/domain/runbook/words.ts';
import type { CloudAccess, CloudCapability, CloudRight } from '../src/integrations/integration.ts';
import type { Organisation } from '../src/schema/organisation.ts';
import type { RunbookDocument } from '../src/schema/runbook.ts';

/** One capability that this worker uses, and the log groups it is used on. */
export interface CloudUse {
  capability: CloudCapability;
  groups: readonly string[];
}

export interface CloudCheck {
  /** Null: no cloud is configured. */
  access: CloudAccess | null;
  uses: readonly CloudUse[];
  log: { info(facts: object, text: string): void; warn(facts: object, text: string): void };
  /** Ends the check; it then says nothing more. */
  signal: AbortSignal;
  /** Between two looks at what could not be asked. */
  pauseMs?: number;
}

/** Beyond these the log groups of a large catalogue are left to their searches. */
const groupsMax = 20;
const looks = 3;
const pauseMsDefault = 5_000;

/** One line per right that is missing or could not be asked, and one for what is in order. Never throws. */
export const checkCloud = async ({
  access,
  uses,
  log,
  signal,
  pauseMs = pauseMsDefault,
}: CloudCheck): Promise<void> => {
  if (!access || uses.length === 0) return;
  const { place } = access;
  try {
    const found = await Promise.all(
      uses.map(async (use) => ({ ...use, rights: await askPatiently(access, use, signal, pauseMs) })),
    );
    if (signal.aborted) return;
    for (const { capability, rights } of found) tell(log, place, capability, rights);
    const inOrder = found.filter(({ rights }) =>
      rights.every(({ state }) => state === 'held' || state === 'notChecked'),
    );
    if (inOrder.length === 0) return;
    const unchecked = inOrder.flatMap(({ rights }) => rights.flatMap((one) => (one.state === 'notChecked' ? one : [])));
    const capabilities = inOrder.map(({ capability }) => capability);
    const left = unchecked.map(({ right, words }) => `${right} (${words})`);
    log.info(
      { place, capabilities },
      `Muster may read ${capabilities.join(', ')} of ${place}${left.length > 0 ? `; not checked: ${left.join(', ')}` : ''}`,
    );
  } catch (error) {
    if (signal.aborted) return;
    const because = error instanceof Error ? error.message : String(error);
    log.warn({ place }, `nobody knows yet what Muster may read of ${place}: ${because}`);
  }
};

const tell = (log: CloudCheck['log'], place: string, capability: CloudCapability, rights: CloudRight[]): void => {
  for (const one of rights) {
    const { right } = one;
    if (one.state === 'missing') {
      log.warn({ place, capability, right }, `${capability} of ${place} cannot be read: ${one.words}`);
    } else if (one.state === 'unknown') {
      log.warn({ place, capability, right }, `nobody knows yet whether Muster may ${right}: ${one.words}`);
    }
  }
};

/** The worker may be there before its credentials or its way out are. */
const askPatiently = async (
  access: CloudAccess,
  { capability, groups }: CloudUse,
  signal: AbortSignal,
  pauseMs: number,
): Promise<CloudRight[]> => {
  for (let look = 1; ; look++) {
    const rights = await access.ask(capability, groups);
    const mayChange = rights.some((one) => one.state === 'unknown' && !one.final);
    if (!mayChange || look === looks || signal.aborted) return rights;
    await pause(pauseMs, undefined, { signal }).catch(() => undefined);
  }
};

export interface UsedBy {
  organisation: Pick<Organisation, 'services'>;
  library: { runbooks: readonly { document: RunbookDocument }[] };
}

/** What the catalogue and the runbooks read of a cloud; `answersSymptoms`: symptoms are asked of it too. */
export const cloudUsesOf = ({ organisation, library }: UsedBy, answersSymptoms: boolean): CloudUse[] => {
  const all = Object.values(organisation.services);
  const reads = library.runbooks.flatMap(({ document }) => document.spec.diagnose);
  const searches = reads.flatMap((read) => (read.read === 'cloudwatchLogs' ? read : []));
  const asksMetrics = answersSymptoms || reads.some(({ read }) => read === 'cloudwatchMetric');
  // A group that is made from the words of a target is known only in an incident.
  const whole = searches.flatMap((read) => (wordsOf(read).length === 0 ? read.group : []));
  const groups = [...new Set([...all.flatMap(({ logs }) => logs?.group ?? []), ...whole])];
  const isSearched = groups.length > 0 || searches.length > 0;
  return [
    ...(asksMetrics ? [{ capability: 'metrics' as const, groups: [] }] : []),
    ...(all.some(({ alarms }) => alarms) ? [{ capability: 'alarms' as const, groups: [] }] : []),
    ...(isSearched ? [{ capability: 'logs' as const, groups: groups.slice(0, groupsMax) }] : []),
  ];
};
