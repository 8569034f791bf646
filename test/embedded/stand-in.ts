/**
 * A process that stands in for one of the product's: says ready, writes down when it starts and stops, and dies on
 * request. Arguments: name, file of events, and how it behaves: well | deaf | dying.
 */
import { appendFileSync } from 'node:fs';

const [name = '', eventsFile = '', behaviour = 'well'] = process.argv.slice(2);
const write = (what: string) => appendFileSync(eventsFile, `${what} ${name}\n`);

write('started');
if (behaviour === 'dying') {
  process.stdout.write(`${JSON.stringify({ level: 60, name, msg: `${name} cannot go on: its disk is full` })}\n`);
  process.exit(3);
}
process.on('SIGTERM', () => {
  if (behaviour === 'deaf') return;
  write('stopped');
  process.exit(0);
});
process.stdout.write(`${JSON.stringify({ level: 30, name, msg: 'ready' })}\n`);
setInterval(() => {}, 60_000);
