import type { RemediationFiles } from '../domain/runbook/board.ts';
import type { Receiver } from '../intake/receive.ts';
import type { Rulebook } from '../intake/rulebook.ts';
import type { SandboxControl } from '../intake/start-drill.ts';
import type { Store } from '../store/store.ts';
import type { RemoteControl } from '../temporal/client.ts';
import type { DrillSchedules } from '../temporal/drill-schedules.ts';
import type { Shifts } from '../temporal/shifts.ts';
import type { Identities } from './auth.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Metrics } from './metrics.ts';

/** Everything the routes need; made in main.ts, and by tests with a real store and a stand-in for Temporal. */
export interface ApiDependencies {
  store: Store;
  rulebook: Rulebook;
  receiver: Receiver;
  remote: RemoteControl;
  identities: Identities;
  /** Seals decisions on plans; null: none can be taken here. */
  approvalKey: string | null;
  feed: ChangeFeed;
  metrics: Metrics;
  /** The dispatcher looks at the outbox now. */
  wake: () => void;
  /** Runbooks and policies as they were read; the built-in ones when absent. */
  remediation?: RemediationFiles;
  /** Null where no sandbox runs. */
  sandbox: ({ url: string } & SandboxControl) | null;
  /** Drills that start by themselves; absent or null: there are none here. */
  drillSchedules?: DrillSchedules | null;
  /** Shifts that are watched; absent or null: none are. */
  shifts?: Shifts | null;
  /** Door of `npm start`'s supervisor, where the pages may have a process killed; absent in production. */
  supervisorUrl?: string | null;
  /** The status page shows drills: only where nothing real is configured. */
  showDrills: boolean;
  /** Folder with the built pages; null serves the API alone. */
  webRoot: string | null;
  /** True over https: cookies then travel nowhere else. */
  secureCookies: boolean;
  /** False from the moment the process was asked to stop. */
  isServing: () => boolean;
  /** pino's level, or `silent`. */
  logLevel: string;
  heartbeatMs?: number;
}
