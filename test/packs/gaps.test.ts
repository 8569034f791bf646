import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConfiguration } from '../../src/packs/check-configuration.ts';
import type { Finding } from '../../src/packs/finding.ts';
import { lookAhead } from '../../src/packs/gaps-clock.ts';
import { builtInPoliciesDir, loadOrganisation, loadPacks } from '../../src/packs/load.ts';
import { sandboxFile } from '../support/sandbox-organisation.ts';

const good = fileURLToPath(new URL('./broken/good', import.meta.url));
const builtIn = readdirSync(builtInPoliciesDir).map((name) => name.replace('.yaml', ''));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-gaps-'));
  cpSync(good, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const organisationFile = () => join(folder, 'organisation.yaml');
const change = (before: string, after: string): void => {
  const text = readFileSync(organisationFile(), 'utf8');
  expect(text).toContain(before);
  writeFileSync(organisationFile(), text.replace(before, after));
};
const findings = (from = '2027-02-01T00:00:00Z', days = 90): Finding[] =>
  checkConfiguration({ organisationFile: organisationFile(), packDirs: [join(folder, 'packs')] }, lookAhead(from, days))
    .findings;

const onlyWeekly = '  on-call: { schedule: weekly }';
const onlyOfficeHours =
  '  office: { timezone: Europe/Berlin, layers: [{ people: [ada], start: "2026-01-04T09:00", shift: 7d, restrictions: [{ days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00" }] }] }';

describe('hours nobody holds', () => {
  test('are told with their spans in the time of the schedule, the first three and how many more', () => {
    change(onlyWeekly, '  on-call: { schedule: office }');
    change('schedules:\n', `schedules:\n${onlyOfficeHours}\n`);
    const [gap] = findings('2027-02-01T08:00:00Z', 7).filter(({ path }) => path === 'schedules.office');
    expect(gap).toMatchObject({ level: 'fault' });
    expect(gap?.message).toContain(
      'nobody holds it 2027-02-01 17:00 to 2027-02-02 09:00, 2027-02-02 17:00 to 2027-02-03 09:00, 2027-02-03 17:00 to 2027-02-04 09:00 Europe/Berlin and 2 more times (HIGH of ours pages on-call)',
    );
  });

  test('are none when another schedule of the duty, or a person, covers them', () => {
    change(onlyWeekly, '  on-call: { schedules: [office, weekly] }');
    change('schedules:\n', `schedules:\n${onlyOfficeHours}\n`);
    expect(findings()).toEqual([]);
    change('schedules: [office, weekly]', 'schedule: office, people: [ben]');
    expect(findings().map(({ path }) => path)).toEqual(['schedules.weekly']);
  });

  test('are only a warning behind a duty that no pack pages', () => {
    change('support-lead: { people: [eve] }', 'support-lead: { schedule: office }');
    change('schedules:\n', `schedules:\n${onlyOfficeHours}\n`);
    expect(findings()).toEqual([expect.objectContaining({ level: 'warning', path: 'schedules.office' })]);
  });
});

describe('somebody without a pager', () => {
  test('is no fault where no page would look for them', () => {
    expect(readFileSync(organisationFile(), 'utf8')).toContain('contact: [{ via: mail, address: eve@small.example }]');
    expect(findings()).toEqual([]);
  });

  test('is a fault when their shift comes, though it is months away', () => {
    change('people: [ada, ben], start: "2026-01-04T09:00"', 'people: [ada, eve], start: "2026-12-06T09:00"');
    change('shift: 7d }\n', 'shift: 60d }\n');
    expect(findings('2026-12-07T00:00:00Z').map(({ path }) => path)).toEqual(['people.eve.contact']);
    expect(findings('2026-12-07T00:00:00Z', 30)).toEqual([]);
  });
});

describe('a change of the clocks', () => {
  test('that comes after the days looked at is not told', () => {
    change('from: "10:00"', 'from: "02:15"');
    expect(findings('2027-02-01T00:00:00Z', 30)).toEqual([]);
    expect(findings('2027-02-01T00:00:00Z', 60)).toHaveLength(1);
  });

  test('in autumn shows an hour twice, and that is told as such', () => {
    change('to: "16:00"', 'to: "02:15"');
    expect(findings('2027-10-01T00:00:00Z')).toEqual([
      expect.objectContaining({
        level: 'warning',
        path: 'schedules.weekly.layers[1].restrictions[0].to',
        message: expect.stringContaining('2027-10-31 02:15 comes twice in Europe/Berlin'),
      }),
    ]);
  });

  test('says nothing about hours that count on other days', () => {
    change('{ days: [sat, sun], from: "10:00", to: "16:00" }', '{ days: [mon], from: "02:15", to: "16:00" }');
    expect(findings()).toEqual([]);
  });

  test('says nothing where the zone has none', () => {
    change('    timezone: Europe/Berlin\n', '    timezone: UTC\n');
    change('from: "10:00"', 'from: "02:15"');
    expect(findings()).toEqual([]);
  });
});

describe('what comes along', () => {
  test('the company of the sandbox and every built-in pack are without a fault, all year round', () => {
    for (const from of ['2026-11-21T00:00:00Z', '2027-02-01T00:00:00Z', '2027-08-01T00:00:00Z']) {
      const report = checkConfiguration(
        { organisationFile: sandboxFile, packDirs: [], needed: builtIn },
        lookAhead(from, 120),
      );
      expect(report.findings.filter(({ level }) => level === 'fault')).toEqual([]);
      expect(report.packs.toSorted()).toEqual(builtIn.toSorted());
    }
  });

  test('a built-in pack that asks for more than the organisation has stays out, and says how much it lacks', () => {
    const report = checkConfiguration(
      { organisationFile: organisationFile(), packDirs: [join(folder, 'packs')] },
      lookAhead('2027-02-01T00:00:00Z', 90),
    );
    expect(report.packs).toEqual(['ours', 'stricter']);
    expect(report.leftOut.map(({ pack }) => pack).toSorted()).toEqual(builtIn.toSorted());
    expect(report.leftOut.every(({ missing }) => missing > 0)).toBe(true);
    const organisation = loadOrganisation(organisationFile());
    expect([...loadPacks([join(folder, 'packs')], organisation).keys()]).toEqual(['ours', 'stricter']);
  });

  test('the same pack is refused, with what it lacks, once somebody needs it', () => {
    const organisation = loadOrganisation(organisationFile());
    expect(() => loadPacks([], organisation, ['guide-sev1-sev3'])).toThrow(/"on-call-lead" is not a known duty/);
  });
});
