/** What lowers a mode beside policies, results and limits: a switch that nobody can read back, and how much of a cluster is unwell. Pure. */
import type { Organisation } from '../../schema/organisation.ts';
import type { Target } from '../../schema/remediation.ts';
import type { StormFacts, Unwell } from './limits.ts';
import type { Cap } from './mode.ts';

/** Nothing of it can be read back, so nobody but a person may answer for it. */
export const blindCaps = ({ switches }: Pick<Organisation, 'switches'>, target: Target): Cap[] => {
  const entry = target.kind === 'Switch' ? switches[target.name] : undefined;
  return entry && !entry.read
    ? [{ mode: 'approve', because: `${entry.title} cannot be read back, so a person approves it each time` }]
    : [];
};

/** Of fewer services than this a share says nothing. */
const servicesForShare = 10;

/** The services of the same cluster: what they have in common is often the cause. */
export const unwellIn = (
  { services }: Pick<Organisation, 'services'>,
  cluster: string,
  unwell: readonly Unwell[],
): StormFacts['targets'] => {
  const there = Object.entries(services).flatMap(([id, { workload }]) => (workload?.cluster === cluster ? [id] : []));
  const now = new Set(unwell.filter(({ to }) => to === null).map(({ service }) => service));
  if (there.length < servicesForShare) return null;
  return { unhealthy: there.filter((id) => now.has(id)).length, all: there.length };
};
