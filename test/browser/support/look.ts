/** Serves the recorded pages for looking at: `node test/browser/support/look.ts [port]`, then open the printed link. */
import { RecordedServer, token } from './recorded-server.ts';

const server = new RecordedServer(Date.now());
await server.start({ web: Number(process.argv[2] ?? 0) });
process.stdout.write(`${server.url}/login#token=${token}\n`);
