import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sandboxFile } from '../support/sandbox-organisation.ts';
import { muster, musterProcess } from './api-server.ts';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const broken = fileURLToPath(new URL('../packs/broken', import.meta.url));
const good = join(broken, 'good');
const from = ['--from', '2027-02-01T00:00:00Z'];

/** The good folder with one of its files replaced by a broken one; `use` may look at it until it ends. */
const withBroken = async <Result>(name: string, into: string, use: (folder: string) => Promise<Result>) => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-check-'));
  try {
    cpSync(good, folder, { recursive: true });
    cpSync(join(broken, name), join(folder, into));
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

describe('check', () => {
  test('passes what is right, without the API and without a word about where it is', async () => {
    const { code, out } = await musterProcess(['check']);
    expect(code).toBe(0);
    expect(out).toContain('guide-sev1-sev3');
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/\d+ packs .* \d+ people, \d+ services: no faults, /);
  });

  test('reads a folder with organisation.yaml and packs/', async () => {
    const { code, out } = await muster(['check', good, ...from]);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').at(-1)).toBe(
      '2 packs (ours, stricter), 3 people, 2 services: no faults, no warnings',
    );
  });

  test('reads remediation policies of the folder as well', async () => {
    const policies = fileURLToPath(new URL('../packs/broken-remediation', import.meta.url));
    const folder = mkdtempSync(join(tmpdir(), 'muster-check-'));
    try {
      cpSync(join(policies, 'good'), join(folder, 'remediation'), { recursive: true });
      const organisation = ['--organisation', sandboxFile];
      const sound = await muster(['check', folder, ...organisation, ...from]);
      expect(sound.code).toBe(0);
      expect(sound.out).toContain('remediation by payments, ');
      expect(sound.out).toContain(
        'warning spec.newRunbooks.trusted[0]: "drop-cache@2" is not a known version of a runbook',
      );
      cpSync(join(policies, 'b3-without-a-question.yaml'), join(folder, 'remediation/payments.yaml'));
      const { code, out } = await muster(['check', folder, ...organisation, ...from]);
      expect(code).toBe(1);
      expect(out).toContain('remediation/payments.yaml:12:35');
      expect(out).toContain('spec.modes.B3: a B3 change always needs the yes of two people');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('names file, line, column and field of a fault, says what to do, and exits with 1', async () => {
    const { code, out, err } = await withBroken('ladder-not-in-order.yaml', 'packs/ours.yaml', (folder) =>
      muster(['check', folder, ...from]),
    );
    expect(code).toBe(1);
    expect(out).toContain('packs/ours.yaml:22:11');
    expect(out).toContain('severities.HIGH.ladder[2].after: earlier than the step above it; write the steps in order');
    expect(err).toContain('1 fault, no warnings');
  });

  test('tells a warning and exits with 0, but with 1 when asked to be strict', async () => {
    await withBroken('team-of-nobody.yaml', 'organisation.yaml', async (folder) => {
      const mild = await muster(['check', folder, ...from]);
      expect(mild.code).toBe(0);
      expect(mild.out).toContain('warning teams.depot.members: nobody is in this team');
      expect(mild.out).toContain('no faults, 1 warning');
      expect((await muster(['check', folder, ...from, '--strict'])).code).toBe(1);
    });
  });

  test('is strict about nothing when there is nothing', async () => {
    expect((await muster(['check', good, ...from, '--strict'])).code).toBe(0);
  });

  test('gives its findings as JSON, with their level and the days it looked at', async () => {
    const { code, out } = await withBroken('shift-nobody-holds.yaml', 'organisation.yaml', (folder) =>
      muster(['check', folder, ...from, '--days', '10', '--json']),
    );
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      from: '2027-02-01T00:00:00.000Z',
      until: '2027-02-11T00:00:00.000Z',
      faults: 1,
      warnings: 0,
      findings: [{ level: 'fault', line: 33, column: 3, path: 'schedules.weekly' }],
    });
  });

  test('tells the faults of all files in one go', async () => {
    const { code, out } = await muster(['check', '--json', '--packs', join(fixtures, 'packs')]);
    expect(code).toBe(1);
    expect(JSON.parse(out).faults).toBeGreaterThan(25);
  });

  test('still takes single files, and says which built-in packs it asks for', async () => {
    const single = [
      'check',
      '--organisation',
      join(good, 'organisation.yaml'),
      '--packs',
      join(good, 'packs'),
      ...from,
    ];
    const own = await muster(single);
    expect(own.code).toBe(0);
    expect(own.out).toContain('cannot use: guide-sev1-sev3 (lacks ');
    const withGuide = await muster([...single, '--pack', 'guide-sev1-sev3']);
    expect(withGuide.code).toBe(1);
    expect(withGuide.out).toContain('"vp-engineering" is not a known duty of the organisation');
    expect((await muster(single, { MUSTER_PACK: 'guide-sev1-sev3' })).code).toBe(1);
  });

  test('does not take an unknown pack, a folder that is none, or days that are none', async () => {
    const unknown = await muster(['check', good, '--pack', 'our']);
    expect(unknown.code).toBe(1);
    expect(unknown.out).toContain('did you mean "ours"?');
    const nowhere = await muster(['check', join(good, 'organisation.yaml')]);
    expect(nowhere.code).toBe(2);
    expect(nowhere.err).toContain('is no folder; give one that holds organisation.yaml');
    const days = await muster(['check', good, '--days', 'ninety']);
    expect(days.code).toBe(2);
    expect(days.err).toContain('a whole number from 1 to 400');
    const when = await muster(['check', good, '--from', 'tomorrow']);
    expect(when.code).toBe(1);
    expect(when.err).toContain('give one such as 2026-01-05T09:00:00Z');
  });

  test('a folder without an organisation is told, with the path that is missing', async () => {
    const { code, out } = await muster(['check', join(good, 'packs')]);
    expect(code).toBe(1);
    expect(out).toContain('organisation.yaml:1:1');
    expect(out).toContain('this file cannot be read; correct its path or create it');
  });
});

describe('schema', () => {
  test('prints JSON that an editor can keep, of a pack or an organisation', async () => {
    const pack = JSON.parse((await muster(['schema'])).out);
    expect(pack.$id).toMatch(/pack\.json$/);
    expect(pack.definitions.whole.properties.severities.description).toContain('Ranks count from 1');
    const organisation = JSON.parse((await muster(['schema', 'organisation', '--json'])).out);
    expect(organisation.required).toContain('people');
  });

  test('knows no other kind, and says which there are', async () => {
    const { code, err } = await muster(['schema', 'runbok']);
    expect(code).toBe(2);
    expect(err).toContain('pack, organisation');
  });
});
