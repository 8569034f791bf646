import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take minutes, longest first: begun last, each would keep one core busy while the other waits. */
const first = [
  'test/scenarios/crash.test.ts',
  'test/activities/remediation-cluster.test.ts',
  'test/api/process.test.ts',
  'test/browser/pages.test.ts',
  'test/activities/crash-process.test.ts',
  'test/activities/crash-points.test.ts',
];
/** Brings up the whole product as the crash rounds do: two at once would starve each other. */
const last = 'test/scenarios/outage.test.ts';

const rank = ({ moduleId }: TestSpecification): number => {
  if (moduleId.endsWith(last)) return first.length + 1;
  const place = first.findIndex((name) => moduleId.endsWith(name));
  return place === -1 ? first.length : place;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted].sort((one, other) => rank(one) - rank(other));
  }
}
