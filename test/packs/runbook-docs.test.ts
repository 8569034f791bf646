/** docs/runbooks.md says what the code says. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { factAt, factPaths } from '../../src/domain/diagnosis/fact-table.ts';
import { parseRunbook, readRunbooks } from '../../src/packs/runbook-load.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/runbooks.md', import.meta.url)), 'utf8');
const section = (title: string): string => page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
const rows = (title: string): string[][] =>
  [...section(title).matchAll(/^\| `([^\n]*) \|$/gm)].map(([, row = '']) => `\`${row}`.split(' | '));

describe('the page on runbooks', () => {
  test('lists every fact with its type and meaning, and no other', () => {
    expect(rows('Facts')).toEqual(
      factPaths.map((path) => [`\`${path}\``, factAt(path)?.type ?? '', factAt(path)?.means ?? '']),
    );
  });

  test('lists every runbook that comes along with its steps, and no other', () => {
    expect(rows('What comes along')).toEqual(
      readRunbooks().runbooks.map(({ value: { metadata, spec } }) => [
        `\`${metadata.name}\``,
        metadata.title,
        spec.stop ? 'none: stops automation and pages' : spec.steps.map(({ action }) => `\`${action}\``).join(', '),
      ]),
    );
  });

  test('shows a runbook that is sound', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(section('A runbook')) ?? [];
    expect(parseRunbook(example).metadata.name).toBe('slow-shop');
  });
});
