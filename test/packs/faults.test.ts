import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../src/domain/errors.ts';
import { checkFiles, loadOrganisation, loadPack, loadPacks, parsePack } from '../../src/packs/load.ts';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const packs = join(fixtures, 'packs');
const organisations = join(fixtures, 'organisations');
const validOrganisation = join(organisations, 'valid.yaml');

/** First line of a broken file: `# <line> | <field> | <words of the remedy>`. */
const brokenFiles = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name !== 'valid.yaml')
    .map((name) => {
      const [head = ''] = readFileSync(join(folder, name), 'utf8').split('\n');
      const [line = '', path = '', words = ''] = head
        .slice(1)
        .split('|')
        .map((part) => part.trim());
      return { rule: name.replace('.yaml', '').replaceAll('-', ' '), file: join(folder, name), line, path, words };
    });

const refusal = (load: () => unknown): InvalidInput => {
  try {
    load();
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a pack is refused with file, line, field and remedy', () => {
  const organisation = loadOrganisation(validOrganisation);
  test.each(brokenFiles(packs))('$rule', ({ file, line, path, words }) => {
    const error = refusal(() => loadPack(file, organisation));
    const [first] = error.faults;
    expect(error.message).toContain(`${file}:${line}:`);
    expect(first?.path).toBe(path);
    expect(first?.message).toContain(words);
  });

  test('a file without a fault passes', () => {
    expect(loadPack(join(packs, 'valid.yaml'), organisation).pack).toBe('tiny');
  });
});

describe('an organisation is refused with file, line, field and remedy', () => {
  test.each(brokenFiles(organisations))('$rule', ({ file, line, path, words }) => {
    const error = refusal(() => loadOrganisation(file));
    expect(error.message).toContain(`${file}:${line}:`);
    expect(error.faults[0]?.path).toBe(path);
    expect(error.faults[0]?.message).toContain(words);
  });

  test('a file without a fault passes', () => {
    expect(loadOrganisation(validOrganisation).name).toBe('Small company');
  });
});

test('all faults of all files come in one report', () => {
  const { faults } = checkFiles({ organisationFile: join(organisations, 'fallback-empty.yaml'), packDirs: [packs] });
  expect(faults.length).toBeGreaterThan(25);
  expect(new Set(faults.map(({ file }) => file)).size).toBeGreaterThan(25);
});

test('two packs of one name are refused, naming both files', () => {
  const error = refusal(() => loadPacks([packs]));
  expect(error.message).toContain('is the id of');
});

test('a file that is not there is a fault with its path, not a stack', () => {
  expect(refusal(() => loadPack('/nowhere/pack.yaml')).message).toContain('/nowhere/pack.yaml:1:1');
  expect(refusal(() => loadPacks(['/nowhere'])).message).toContain('/nowhere');
});

test('a document that would unfold to gigabytes is refused at once', () => {
  const bomb = [
    'a: &a [x, x]',
    ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [*${'abcdefgh'[index]}, *${'abcdefgh'[index]}]`),
  ];
  expect(refusal(() => parsePack(bomb.join('\n'))).message).toContain('is not allowed');
  expect(refusal(() => parsePack(`x: ${'y'.repeat(1_000_001)}`)).message).toContain('larger than 1 MB');
});

test('keys that JavaScript treats specially are only keys', () => {
  expect(refusal(() => parsePack('__proto__: { pack: tiny }')).message).toContain('missing');
  expect(({} as Record<string, unknown>).pack).toBeUndefined();
});
