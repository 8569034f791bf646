import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, type ReplayError, Worker } from '@temporalio/worker';
import { afterAll, describe, expect, test } from 'vitest';
import { workflowBundle } from '../support/time-skipping.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = fileURLToPath(new URL('./histories', import.meta.url));
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const changedFolder = join(root, 'test/.output/changed-order');

const historyOf = (file: string) => historyFromJSON(JSON.parse(readFileSync(join(folder, file), 'utf8')));

/** Workflow ids are part of what a run reads about itself; a history knows its own. */
const workflowIdOf = (file: string): string => {
  const attributes = historyOf(file).events?.[0]?.workflowExecutionStartedEventAttributes;
  return attributes?.workflowId || file.replace('.json', '');
};

const replay = async (file: string, workflowBundleToTry: { code: string }): Promise<ReplayError | undefined> => {
  const histories = [{ workflowId: workflowIdOf(file), history: historyOf(file) }];
  for await (const result of Worker.runReplayHistories({ workflowBundle: workflowBundleToTry }, histories))
    return result.error;
  return undefined;
};

describe('an incident that is open while Muster is updated', () => {
  test('there are at least eight recorded histories, named by the version that wrote them', () => {
    expect(files.length).toBeGreaterThanOrEqual(8);
    expect(files.filter((file) => !/^v\d+\.\d+\.\d+-[a-z0-9-]+(-followUp)?\.json$/.test(file))).toEqual([]);
  });

  test.each(files)('%s goes on with this version', async (file) => {
    expect(await replay(file, await workflowBundle())).toBeUndefined();
  });
});

describe('a change of order without a patch marker', () => {
  afterAll(() => rmSync(changedFolder, { recursive: true, force: true }));

  test('is found out by the same check', async () => {
    for (const part of ['workflows', 'src/domain', 'src/schema', 'activities']) {
      mkdirSync(dirname(join(changedFolder, part)), { recursive: true });
      cpSync(join(root, part), join(changedFolder, part), { recursive: true });
    }
    const story = join(changedFolder, 'workflows/incident.ts');
    const before = readFileSync(story, 'utf8');
    // The room before the page: what a well-meant edit would do.
    const pagesFirst = /( {4}carryOutDue\(desk\);\n)( {4}if \(desk\.wantsRoom\) openRoom\(desk\);\n)/;
    expect(before).toMatch(pagesFirst);
    writeFileSync(story, before.replace(pagesFirst, '$2$1'));
    const changed = await bundleWorkflowCode({
      workflowsPath: join(changedFolder, 'workflows/index.ts'),
      logger: new DefaultLogger('ERROR'),
    });
    const broken = await Promise.all(
      files.filter((file) => file.includes('unanswered')).map((file) => replay(file, changed)),
    );
    expect(broken.length).toBeGreaterThan(0);
    for (const error of broken) expect(String(error)).toMatch(/TMPRL1100|[Nn]ondeterminism|DeterminismViolation/);
  });
});
