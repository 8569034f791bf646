/** Whether a database can bear the connections of more replicas. */

export interface ConnectionFigures {
  /** max_connections of the server. */
  max: number;
  /** What ordinary roles cannot have. */
  reserved: number;
  used: number;
  /** The most connections one replica opens. */
  poolPerReplica: number;
  replicasNow: number;
  replicasAfter: number;
}

/** The new replicas are counted with full pools, because that is what they have under the load they are made for. */
export const connectionBudget = (figures: ConnectionFigures): { fits: boolean; finding: string } => {
  const { max, reserved, used, poolPerReplica, replicasNow, replicasAfter } = figures;
  const free = Math.max(0, max - reserved - used);
  const more = Math.max(0, replicasAfter - replicasNow);
  if (more === 0) return { fits: true, finding: 'no more replicas, so no more database connections' };
  const needed = more * poolPerReplica;
  const said = `${more} more ${more === 1 ? 'replica opens' : 'replicas open'} up to ${needed} connections, and ${free} are free (${used} used and ${reserved} reserved of ${max})`;
  if (needed <= free) return { fits: true, finding: said };
  const fitting = replicasNow + Math.floor(free / poolPerReplica);
  const instead =
    fitting > replicasNow ? `at most ${fitting} replicas fit` : 'no further replica fits; free connections first';
  return { fits: false, finding: `${said}: ${instead}` };
};
