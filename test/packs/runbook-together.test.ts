import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConfiguration } from '../../src/packs/check-configuration.ts';
import { lookAhead } from '../../src/packs/gaps-clock.ts';
import { sandboxFile as organisationFile } from '../support/sandbox-organisation.ts';

const files = fileURLToPath(new URL('.', import.meta.url));
const runbook = readFileSync(join(files, 'broken-runbooks/good/slow-shop.yaml'), 'utf8');

describe('checking a configuration with runbooks', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-together-'));
    mkdirSync(join(folder, 'remediation'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const check = (text: string) => {
    writeFileSync(join(folder, 'remediation/ours.yaml'), text);
    const remediationDirs = [join(folder, 'remediation')];
    return checkConfiguration(
      { organisationFile, packDirs: [], remediationDirs },
      lookAhead('2026-11-24T00:00:00Z', 7),
    );
  };
  const faultsOf = (text: string) => check(text).findings.filter(({ level }) => level === 'fault');

  test('names those of your own, and has nothing to say of sound ones', () => {
    expect(check(runbook).runbooks).toEqual(['slow-shop']);
    expect(faultsOf(runbook)).toEqual([]);
  });

  test('finds a fault in one as "muster runbook check" does', () => {
    cpSync(join(files, 'broken-runbooks/step-leads-back.yaml'), join(folder, 'remediation/broken.yaml'));
    expect(faultsOf(runbook)).toEqual([
      expect.objectContaining({ file: join(folder, 'remediation/broken.yaml'), path: 'spec.steps[1].on.ineffective' }),
    ]);
  });

  test.each([
    [
      'a service',
      '    rankAtMost: 2\n',
      '    services: [checkot]\n',
      'spec.match.services[0]',
      'did you mean "checkout"?',
    ],
    [
      'a switch',
      '      action: evict-pod\n      target: { from: badPod }\n',
      '      action: http-switch\n      target: { from: switch, name: payment-breaker }\n      params: { to: open }\n',
      'spec.steps[2].target.name',
      'did you mean "payments-breaker"?',
    ],
  ])('finds %s that the organisation does not have', (_, from, to, path, words) => {
    expect(faultsOf(runbook.replace(from, to))).toEqual([
      expect.objectContaining({ path, message: expect.stringContaining(words) }),
    ]);
  });

  test('finds a duty that nobody has, where automation stops and somebody must be paged', () => {
    const stopping = runbook
      .replace(/ {2}steps:[\s\S]* {2}never:/, '  never:')
      .replace(
        '  never:',
        '  stop: { stopAutomation: true, because: Data may be lost., page: on-cal, ask: Stop writes. }\n  never:',
      );
    expect(faultsOf(stopping)).toEqual([
      expect.objectContaining({ path: 'spec.stop.page', message: expect.stringContaining('did you mean "on-call"?') }),
    ]);
    expect(faultsOf(stopping.replace('page: on-cal,', 'page: on-call,'))).toEqual([]);
  });
});
