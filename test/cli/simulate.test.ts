import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SimulatedItem } from '../../src/domain/incident/simulate.ts';
import { muster } from './api-server.ts';

const at = ['--at', '2026-11-24T10:00:00Z'];
const simulated = async (...options: string[]): Promise<{ items: SimulatedItem[]; [more: string]: unknown }> => {
  const { code, out, err } = await muster(['simulate', ...at, '--json', ...options], {});
  if (code !== 0) throw new Error(err);
  return JSON.parse(out);
};
const minutesOf = (items: SimulatedItem[], kind: SimulatedItem['kind']): number[] =>
  items.filter((item) => item.kind === kind).map(({ atMinutes }) => atMinutes);

describe('simulating a policy', () => {
  test('shows whom an unanswered SEV1 wakes, over which channel and what would have stopped it', async () => {
    const { items } = await simulated('--pack', 'guide-sev1-sev3', '--severity', 'sev1', '--service', 'checkout');
    const pages = items.filter(({ kind }) => kind === 'page');
    expect(pages.map(({ atMinutes, via, stoppedBy }) => [atMinutes, via, stoppedBy])).toEqual(
      [0, 5, 15, 30].map((minute) => [minute, 'pager', 'acknowledged']),
    );
    expect(new Set(pages.map(({ who }) => who)).size).toBe(4);
  });

  test('goes on until the review and its document, with every promise on the way', async () => {
    const { items } = await simulated('--severity', 'SEV2');
    const kinds = new Set(items.map(({ kind }) => kind));
    for (const kind of [
      'page',
      'notify',
      'internalUpdate',
      'publicUpdate',
      'hold',
      'archive',
      'review',
      'document',
    ] as const)
      expect(kinds).toContain(kind);
    expect(minutesOf(items, 'internalUpdate')).toEqual([30, 60]);
    expect(items.find(({ kind }) => kind === 'publicUpdate')?.text).toContain('looking into it');
  });

  test('that somebody acknowledges wakes nobody after that, and promises as much as before', async () => {
    const [left, answered] = [
      await simulated('--severity', 'SEV1'),
      await simulated('--severity', 'SEV1', '--acknowledged-at', '6m'),
    ];
    expect(minutesOf(answered.items, 'page')).toEqual([0, 5]);
    expect(minutesOf(answered.items, 'internalUpdate')).toEqual(minutesOf(left.items, 'internalUpdate'));
  });

  test('says who is on call at that moment, not now', async () => {
    const whoAt = async (instant: string) => {
      const { out } = await muster(['simulate', '--json', '--at', instant], {});
      return (JSON.parse(out) as { items: SimulatedItem[] }).items.find(({ kind }) => kind === 'page')?.who;
    };
    expect(await whoAt('2026-11-17T10:00:00Z')).not.toBe(await whoAt('2026-11-24T10:00:00Z'));
  });

  test('reads like a plan for a person', async () => {
    const { code, out } = await muster(['simulate', ...at, '--severity', 'SEV3'], {});
    expect(code).toBe(0);
    expect(out).toMatch(/\+0:05 {2}page .*unless acknowledged/);
    expect(out).toMatch(/\+1:31 {2}resolved/);
  });
});

describe('the difference of two policies', () => {
  const ours = (change: string): string => {
    const file = join(mkdtempSync(join(tmpdir(), 'muster-simulate-')), 'ours.yaml');
    writeFileSync(file, `pack: ours\nextends: guide-sev1-sev3\n${change}`);
    return file;
  };

  test('is what one of them does and the other does not', async () => {
    const file = ours('severities:\n  SEV1:\n    hold: { for: 25m, samples: 3 }\n');
    const { removed, added } = (await simulated('--severity', 'SEV1', '--diff', file)) as unknown as {
      removed: SimulatedItem[];
      added: SimulatedItem[];
    };
    expect(minutesOf(removed, 'resolved')).toEqual([76]);
    expect(minutesOf(added, 'resolved')).toEqual([86]);
    expect([...minutesOf(removed, 'page'), ...minutesOf(added, 'page')]).toEqual([]);
  });

  test('is none where only words differ', async () => {
    const file = ours('title: Ours\n');
    const { out } = await muster(['simulate', ...at, '--severity', 'SEV1', '--diff', file], {});
    expect(out).toContain('no difference');
  });

  test('between two packs compares the same rank', async () => {
    const { otherSeverity } = await simulated('--severity', 'SEV2', '--diff', 'playbook-p0-p3');
    expect(otherSeverity).toBe('P1');
  });
});

describe('a simulation is refused', () => {
  test.each([
    [['--pack', 'nobody-has-this'], 'guide-sev1-sev3'],
    [['--severity', 'SEV9'], 'SEV1, SEV2, SEV3'],
    [['--service', 'nothing'], 'checkout'],
    [['--at', 'tomorrow'], 'instant'],
    [['--acknowledged-at', 'soon'], '90s, 1m or 2h'],
  ])('for %j, saying what there is', async (options, remedy) => {
    const { code, err } = await muster(['simulate', ...options], {});
    expect(code).not.toBe(0);
    expect(err).toContain(remedy);
  });
});
