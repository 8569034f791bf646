import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../src/domain/errors.ts';
import { readOptions } from '../../src/embedded/options.ts';

describe('the flags of npm start', () => {
  test('without any, the bad-release drill plays at ten times the speed and everything stays up', () => {
    expect(readOptions([])).toEqual({ help: false, drill: 'bad-release', speed: 10, exit: false, overrides: {} });
  });
  test('--no-drill plays none', () => {
    expect(readOptions(['--no-drill']).drill).toBeNull();
  });
  test('a flag with a variable overrides it', () => {
    expect(readOptions(['--port', '9000', '--data-dir', 'here']).overrides).toEqual({
      MUSTER_PORT: '9000',
      MUSTER_DATA_DIR: 'here',
    });
  });
  test.each([
    [['--speed', 'fast'], '--speed'],
    [['--speed', '0'], '--speed'],
    [['--speed', '601'], '--speed'],
    [['--no-drill', '--exit'], '--exit'],
    [['--no-drill', '--drill', 'bad-release'], '--no-drill'],
    [['bad-release'], '--help'],
  ])('%j is refused with the flag that is wrong', (argv, word) => {
    expect(() => readOptions(argv)).toThrow(InvalidInput);
    expect(() => readOptions(argv)).toThrow(word);
  });
});
