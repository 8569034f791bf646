import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take minutes, longest first: begun last, each would keep one core busy while the other waits. */
const first = [
  'test/scenarios/crash.test.ts',
  'test/activities/remediation-cluster.test.ts',
  'test/api/process.test.ts',
  'test/browser/pages.test.ts',
  'test/activities/crash-points.test.ts',
];
/** These three start process after process; two of them at once would starve each other, so they stand far apart. */
const middle = 'test/activities/crash-process.test.ts';
const last = 'test/scenarios/outage.test.ts';

const rank = ({ moduleId }: TestSpecification): number => {
  if (moduleId.endsWith(last)) return first.length + 1;
  const place = first.findIndex((name) => moduleId.endsWith(name));
  return place === -1 ? first.length : place;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = [...(await super.sort(files))].sort((one, other) => rank(one) - rank(other));
    const isMiddle = ({ moduleId }: TestSpecification) => moduleId.endsWith(middle);
    const others = sorted.filter((file) => !isMiddle(file));
    return others.toSpliced(Math.floor(others.length / 2), 0, ...sorted.filter(isMiddle));
  }
}
