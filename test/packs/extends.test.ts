import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../src/domain/errors.ts';
import type { Fault } from '../../src/packs/fault.ts';
import { builtInPoliciesDir, loadPack, loadPacks, parsePack } from '../../src/packs/load.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-packs-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const write = (name: string, lines: readonly string[]): string => {
  const file = join(dir, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
};
const faultsOf = (load: () => unknown): Fault[] => {
  try {
    load();
  } catch (error) {
    if (error instanceof InvalidInput) return error.faults as Fault[];
    throw error;
  }
  return [];
};
const guideFile = join(builtInPoliciesDir, 'guide-sev1-sev3.yaml');
const guide = loadPack(guideFile);
const minutesMs = 60_000;

describe('a team changes three things and keeps the rest of the guide', () => {
  const three = [
    'pack: ours',
    'extends: guide-sev1-sev3',
    'severities:',
    '  SEV3:',
    '    hold: { for: 45m }',
    '    ladder: [{ after: 2m, page: on-call, unless: acknowledged }]',
    'messages: { publicHolding: We are on it. }',
  ];

  test('the three stand as written', () => {
    const ours = parsePack(three.join('\n'));
    expect(ours.severities.SEV3?.hold.for).toBe(45 * minutesMs);
    expect(ours.severities.SEV3?.ladder).toEqual([{ after: 2 * minutesMs, page: 'on-call', unless: 'acknowledged' }]);
    expect(ours.messages.publicHolding).toBe('We are on it.');
  });

  test('everything else stands as in the guide', () => {
    const ours = parsePack(three.join('\n'));
    const { SEV3 } = guide.severities;
    expect(ours).toEqual({
      ...guide,
      pack: 'ours',
      extends: 'guide-sev1-sev3',
      severities: {
        ...guide.severities,
        SEV3: {
          ...SEV3,
          hold: { ...SEV3?.hold, for: 45 * minutesMs },
          ladder: [{ after: 2 * minutesMs, page: 'on-call', unless: 'acknowledged' }],
        },
      },
      messages: { ...guide.messages, publicHolding: 'We are on it.' },
    });
  });

  test('a pack that says nothing of its own is its base under another name', () => {
    expect(parsePack('pack: ours\nextends: guide-sev1-sev3')).toEqual({
      ...guide,
      pack: 'ours',
      extends: 'guide-sev1-sev3',
    });
  });
});

describe('null', () => {
  test('takes away a field that may be absent', () => {
    const ours = parsePack('pack: ours\nextends: guide-sev1-sev3\nreports: null\ncustomers: { SEV3: null }');
    expect(guide.reports).toBeDefined();
    expect(ours.reports).toBeUndefined();
    expect(Object.keys(ours.customers ?? {})).toEqual(['SEV1', 'SEV2']);
  });

  test('stands where a field means something by it', () => {
    const ours = parsePack('pack: ours\nextends: guide-sev1-sev3\nseverities: { SEV3: { updates: { public: null } } }');
    expect(guide.severities.SEV3?.updates.public).not.toBeNull();
    expect(ours.severities.SEV3?.updates.public).toBeNull();
    expect(ours.severities.SEV3?.updates.internal).toEqual(guide.severities.SEV3?.updates.internal);
  });

  test('does not take away what a pack must have, and the line that tries is named', () => {
    expect(faultsOf(() => parsePack('pack: ours\nextends: guide-sev1-sev3\nroom: null', 'ours.yaml'))).toEqual([
      expect.objectContaining({
        file: 'ours.yaml',
        line: 3,
        path: 'room',
        message: expect.stringContaining('missing'),
      }),
    ]);
  });

  test('in a pack that extends none is no way to leave a field out', () => {
    write('alone.yaml', ['pack: alone', 'title: null']);
    const [first] = faultsOf(() => loadPack(join(dir, 'alone.yaml')));
    expect(first).toMatchObject({ line: 2, path: 'title', message: expect.stringContaining('not nothing') });
  });
});

describe('a chain of packs', () => {
  test('is read in whatever order the files stand', () => {
    write('a.yaml', ['pack: third', 'extends: second', 'title: Third']);
    write('b.yaml', ['pack: second', 'extends: guide-sev1-sev3', 'title: Second', 'room: { archiveAfter: 48h }']);
    const packs = loadPacks([dir]);
    expect(packs.get('third')?.title).toBe('Third');
    expect(packs.get('third')?.room).toEqual({ ...guide.room, archiveAfter: 48 * 60 * minutesMs });
    expect(packs.get('second')?.title).toBe('Second');
    expect(loadPack(join(dir, 'a.yaml')).room.archiveAfter).toBe(48 * 60 * minutesMs);
  });

  test('that comes back to itself is told once, with the way round', () => {
    write('a.yaml', ['pack: one', 'extends: two']);
    write('b.yaml', ['pack: two', 'extends: one']);
    write('c.yaml', ['pack: three', 'extends: one']);
    expect(faultsOf(() => loadPacks([dir]))).toEqual([
      {
        file: join(dir, 'a.yaml'),
        line: 2,
        column: 1,
        path: 'extends',
        message: expect.stringContaining('one extends two extends one'),
      },
    ]);
  });

  test('cannot begin with a pack that extends itself', () => {
    expect(faultsOf(() => parsePack('pack: ours\nextends: ours'))).toEqual([
      expect.objectContaining({ line: 2, path: 'extends', message: expect.stringContaining('cannot extend itself') }),
    ]);
  });

  test('cannot stand on a pack that nobody knows; the nearest name is offered', () => {
    expect(faultsOf(() => parsePack('pack: ours\nextends: guide-sev1-sev'))).toEqual([
      expect.objectContaining({ line: 2, path: 'extends', message: expect.stringContaining('"guide-sev1-sev3"') }),
    ]);
  });

  test('does not blame a pack for a base that is no YAML', () => {
    write('base.yaml', ['pack: base', 'title: [']);
    write('ours.yaml', ['pack: ours', 'extends: base']);
    expect(new Set(faultsOf(() => loadPacks([dir])).map(({ file }) => file))).toEqual(
      new Set([join(dir, 'base.yaml')]),
    );
  });
});

describe('a fault in a merged field points to the line that wrote it', () => {
  test('of the pack itself, where it wrote the field', () => {
    const file = write('ours.yaml', [
      'pack: ours',
      'extends: guide-sev1-sev3',
      'severities:',
      '  SEV2:',
      '    updates:',
      '      internal: { remindBefore: 30m }',
    ]);
    expect(faultsOf(() => loadPack(file))).toEqual([
      expect.objectContaining({ file, line: 6, path: 'severities.SEV2.updates.internal.remindBefore' }),
    ]);
  });

  test('of the pack itself, where its new map lacks a field', () => {
    const file = write('ours.yaml', [
      'pack: ours',
      'extends: guide-sev1-sev3',
      'severities:',
      '  SEV4:',
      '    rank: 4',
    ]);
    const faults = faultsOf(() => loadPack(file));
    expect(faults.map((fault) => fault.path)).toContain('severities.SEV4.title');
    expect(new Set(faults.map((fault) => `${fault.file}:${fault.line}`))).toEqual(new Set([`${file}:4`]));
  });

  test('of the base, where a removal leaves a name without its meaning; whose removal it was is said', () => {
    const file = write('ours.yaml', ['pack: ours', 'extends: guide-sev1-sev3', 'severities: { SEV3: null }']);
    const faults = faultsOf(() => loadPack(file));
    expect(faults.length).toBeGreaterThan(3);
    for (const fault of faults) {
      expect(fault).toMatchObject({
        file: guideFile,
        message: expect.stringMatching(/"SEV3" is not a known severity.*\(as ours\.yaml extends it\)$/),
      });
    }
  });

  test('of a base, once, however many packs inherit it', () => {
    write('base.yaml', ['pack: base', 'extends: guide-sev1-sev3', 'title: Base', 'incidentId: 7']);
    write('a.yaml', ['pack: a', 'extends: base']);
    write('b.yaml', ['pack: b', 'extends: base', 'title: B']);
    expect(faultsOf(() => loadPacks([dir]))).toEqual([
      expect.objectContaining({ file: join(dir, 'base.yaml'), line: 4, path: 'incidentId' }),
    ]);
  });
});

test('keys that JavaScript treats specially are only keys when packs are merged', () => {
  const faults = faultsOf(() => parsePack('pack: ours\nextends: guide-sev1-sev3\n__proto__: { polluted: true }'));
  expect(faults).toEqual([expect.objectContaining({ line: 3, path: '__proto__' })]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
