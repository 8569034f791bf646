import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bareStatement } from '../../../src/domain/remediation/statement.ts';

describe('a statement as people see it', () => {
  test.each([
    ["select * from cards where number = '4111' and id = 12.5e3", 'select * from cards where number = ? and id = ?'],
    ["select E'a\\'secret', U&'secret', x'5ec3e7', 'it''s secret'", 'select ?, …'],
    ['select $$secret$$ || $tag$secret $$ secret$tag$ from t', 'select ? || ? from t'],
    ["select 1 -- secret\n/* secret /* secret */ secret */ from 'x'", 'select ? from ?'],
    [
      'select "order id", col1, t.a2 from orders_2024 where a = $1',
      'select "order id", col1, t.a2 from orders_2024 where a = $1',
    ],
    ['select \'\u043f\u0430\u0440\u043e\u043b\u044c\', "n\u00e4me" from caf\u00e91', 'select ?, "näme" from café1'],
    ['select 0xDEAD, 1_000, .5, -3', 'select ?, …, -?'],
    ['select a\n\t , b', 'select a , b'],
  ])('keeps its shape and not its data: %s', (sql, shown) => {
    expect(bareStatement(sql).text).toBe(shown);
  });
  test('is one and the same for any number of values', () => {
    const [two, three] = ['1, 2', '3,4 , 5'].map((list) => bareStatement(`select a from t where id in (${list})`).text);
    expect(two).toBe(three);
  });
  test.each([
    ['a literal that was cut off', "select 'secret and m"],
    ['a literal whose end depends on a setting', "select 'a\\' secret', 'b'"],
    ['a quoted name that was cut off', 'select "secret'],
    ['dollar quotes that were cut off', 'do $$ secret'],
    ['a comment that was cut off', 'select /* secret'],
    ['a quote right behind a word', "select aze'secret' from t"],
  ])('leaves out %s with all that follows', (_, sql) => {
    expect(bareStatement(sql).text).not.toContain('secret');
  });
  test('never lets a value through, wherever it stands', () => {
    const around = fc.constantFrom(
      'select ',
      ' from t where a = ',
      ', ',
      "''",
      '--x\n',
      '/**/',
      'e',
      '(',
      '$$',
      ' "n" ',
      '1',
    );
    const literal = fc
      .constantFrom(
        "'SECRET'",
        "e'\\'SECRET'",
        '$a$SECRET$a$',
        "'it''s SECRET'",
        '/* SECRET */',
        '-- SECRET\n',
        "n'SECRET'",
      )
      .map((text) => ` ${text} `);
    fc.assert(
      fc.property(fc.array(fc.oneof(around, literal), { maxLength: 12 }), (parts) => {
        const sql = parts.join('');
        // Two dollar signs from one part open a quote that closes somewhere else: then nothing is told apart.
        fc.pre(!parts.includes('$$'));
        expect(bareStatement(sql).text).not.toContain('SECRET');
      }),
      { numRuns: 2_000 },
    );
  });
  test('stays short', () => {
    expect(bareStatement(`select ${'column_name, '.repeat(100)}`).text).toHaveLength(300);
  });
});

describe('whether a statement only reads', () => {
  test.each([
    'select 1',
    '(select a from t) union select b from u',
    'with x as (select 1) select * from x',
    '/* pool */ SELECT "update", updated_at from t',
    "select 'delete from t'",
    'table orders',
  ])('it does: %s', (sql) => expect(bareStatement(sql).readsOnly).toBe(true));
  test.each([
    'update t set a = 1',
    'with gone as (delete from t returning *) select * from gone',
    'select * into copy from t',
    'select * from t for update',
    "select nextval('ids')",
    'vacuum full t',
    'begin; delete from t',
    'select 1; DELETE from t',
    '',
  ])('it does not: %s', (sql) => expect(bareStatement(sql).readsOnly).toBe(false));
  test('nobody can say when it was cut off', () => {
    expect(bareStatement('with x as (select 1', true).readsOnly).toBe(false);
    expect(bareStatement("select 'a").readsOnly).toBe(false);
  });
});
