/** Switches of the catalogue: bodies are filled value by value, and a plan knows its own change from somebody else's. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fillBody,
  fillPath,
  observeSwitch,
  placeholdersIn,
  readSwitch,
  switchClass,
  valueAt,
} from '../../../src/domain/remediation/switch.ts';

describe('filling a request', () => {
  const template = { state: '{state}', ttl: '{ttlSeconds}', note: ['by {state} or so', '{reason}'], keep: null };

  test('puts a value where a placeholder stands alone, and nowhere else', () => {
    expect(fillBody(template, { state: false, ttlSeconds: 60, reason: 'INC-1' })).toEqual({
      state: false,
      ttl: 60,
      note: ['by {state} or so', 'INC-1'],
      keep: null,
    });
  });

  test('leaves out the member whose value is not there', () => {
    expect(fillBody(template, { state: 'on' })).toEqual({ state: 'on', note: ['by {state} or so'], keep: null });
  });

  test('a value that looks like JSON, or like another placeholder, stays one value', () => {
    const nasty = '","admin":true,"x":"{reason}';
    expect(fillBody({ state: '{state}' }, { state: nasty, reason: 'leaked' })).toEqual({ state: nasty });
    expect(JSON.parse(JSON.stringify(fillBody({ state: '{state}' }, { state: nasty })))).toEqual({ state: nasty });
  });

  test('no value changes anything beside its own place', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (state) => {
        const filled = fillBody({ a: 1, state: '{state}', z: ['{state}', 2] }, { state });
        expect(filled).toEqual({ a: 1, state, z: [state, 2] });
      }),
    );
  });

  test('a segment of a path takes what needs escaping, escaped', () => {
    expect(fillPath('/modes/{state}', 'on?x=1&y')).toBe('/modes/on%3Fx%3D1%26y');
    expect(fillPath('/modes/{state}', '$&')).toBe('/modes/%24%26');
    expect(fillPath('/modes/{state}', true)).toBe('/modes/true');
    expect(fillPath('/modes', '../admin')).toBe('/modes');
  });

  for (const value of ['..', '.', '', '../admin', 'a/b', 'a\\b'])
    test(`a segment of a path is never ${JSON.stringify(value)}`, () =>
      expect(fillPath('/modes/{state}', value)).toBeNull());

  test('placeholders are found wherever they stand, and those inside of longer text are told apart', () => {
    expect(placeholdersIn({ a: '{state}', b: ['{ttl}', 'x {state}'], '{reason}': 1 })).toEqual({
      names: ['state', 'ttl'],
      stray: ['x {state}', '{reason}'],
    });
  });
});

describe('reading a switch', () => {
  test('follows a JSON pointer, escapes and lists included, and nothing that is inherited', () => {
    const document = { 'a/b': { '~x': [10, { on: false }] } };
    expect(valueAt(document, '/a~1b/~0x/1/on')).toBe(false);
    expect(valueAt(document, '/a~1b/missing')).toBeUndefined();
    expect(valueAt(document, '/constructor')).toBeUndefined();
    expect(valueAt(null, '/a')).toBeUndefined();
  });

  test('takes the version from the ETag or from the body, as the catalogue says', () => {
    const reading = { etag: '"7"', body: { on: true, rev: 3 } };
    expect(readSwitch(reading, { at: '/on', versionAt: 'etag' })).toEqual({ value: true, version: '"7"' });
    expect(readSwitch(reading, { at: '/on', versionAt: '/rev' })).toEqual({ value: true, version: 3 });
    expect(readSwitch(reading, { at: '/on', versionAt: null })).toEqual({ value: true, version: null });
    expect(readSwitch(reading, { at: '/off', versionAt: null })).toBeNull();
  });
});

describe('recognising what became of a switch', () => {
  const step = { before: { value: 'off', version: 1 }, desired: { value: 'on' } };

  test('as wanted is applied, whoever did it; as before is pending', () => {
    expect(observeSwitch({ value: 'on', version: 5 }, step)).toBe('applied');
    expect(observeSwitch({ value: 'off', version: 1 }, step)).toBe('pending');
  });
  test('any other value is somebody else’s, and so is a switch that nothing can be read of', () => {
    expect(observeSwitch({ value: 'half', version: 2 }, step)).toBe('superseded');
    expect(observeSwitch(null, step)).toBe('superseded');
  });
  test('one that somebody turned and turned back is theirs as well, where it has versions', () => {
    expect(observeSwitch({ value: 'off', version: 3 }, step)).toBe('superseded');
    const unversioned = { ...step, before: { value: 'off', version: null } };
    expect(observeSwitch({ value: 'off', version: 3 }, unversioned)).toBe('pending');
  });
});

describe('how much is at stake', () => {
  const ttl = { preset: 1, max: 1 };
  test('is what the kind says, one more for a flag that nothing turns back', () => {
    expect(switchClass({ kind: 'breaker', ttl })).toBe('B1');
    expect(switchClass({ kind: 'flag', ttl })).toBe('B1');
    expect(switchClass({ kind: 'flag', ttl: undefined })).toBe('B2');
    expect(switchClass({ kind: 'maintenance', ttl })).toBe('B3');
    expect(switchClass({ kind: 'weight', ttl })).toBe('B3');
  });
  test('is raised by the catalogue and never lowered', () => {
    expect(switchClass({ kind: 'breaker', ttl, blastClass: 'B3' })).toBe('B3');
    expect(switchClass({ kind: 'maintenance', ttl, blastClass: 'B1' })).toBe('B3');
  });
});
