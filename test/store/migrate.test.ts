import { expect, test } from 'vitest';
import { openStore } from '../../src/store/connect.ts';
import { emptyDatabase, testDatabase } from '../support/postgres.ts';
import { rowsOf } from './records.ts';

test('five processes that start on an empty database make its tables once', async () => {
  const { url } = await emptyDatabase();
  const applied: string[] = [];
  const stores = await Promise.all(
    Array.from({ length: 5 }, () => openStore(url, { log: (line) => applied.push(line) })),
  );
  for (const store of stores) await store.ready();
  const rows = await rowsOf(url, 'select name from migration order by name');
  expect(applied).toEqual(rows.map(({ name }) => `applied the migration ${name}`));
  await Promise.all(stores.map((store) => store.close()));
});

test('a database whose migration was edited afterwards is refused, and says which file', async () => {
  const { url } = await testDatabase();
  await rowsOf(url, `update migration set checksum = 'other' where name = '0002_intake.sql'`);
  await expect(openStore(url)).rejects.toThrow(/0002_intake\.sql was edited/);
});

test('a database that a newer release has moved on is accepted', async () => {
  const { url } = await testDatabase();
  await rowsOf(url, `insert into migration (name, checksum) values ('9999_later.sql', 'x')`);
  const store = await openStore(url);
  await store.ready();
  await store.close();
});
