import type { Command } from 'commander';
import { z } from 'zod';
import { contextOf, type World } from '../context.ts';
import { misused } from '../failure.ts';

const Started = z.object({ id: z.string().optional(), incidentId: z.string().nullish() });

export const addDrillCommand = (program: Command, world: World): void => {
  program
    .command('drill')
    .description('break something in the sandbox and practise on the real workflow')
    .argument('<scenario>', 'such as bad-release')
    .option('--speed <times>', 'how many times faster than life', '1')
    .option('-s, --severity <severity>', 'instead of the one the figures give')
    .option('--pack <pack>')
    .option('--people', 'the people of the sandbox answer phones and approve by themselves')
    .addHelpText('after', '\nExample:\n  muster drill bad-release --speed 10 --people')
    .action(
      async (
        scenario: string,
        options: { speed: string; severity?: string; pack?: string; people?: boolean },
        command: Command,
      ) => {
        const { client, output } = contextOf(world, command);
        const speed = Number(options.speed);
        if (!Number.isFinite(speed) || speed < 1) throw misused(`--speed ${options.speed}: give a number from 1 on`);
        const body = {
          scenario,
          speed,
          people: options.people ?? false,
          ...(options.severity ? { severity: options.severity } : {}),
          ...(options.pack ? { pack: options.pack } : {}),
        };
        const { value, raw } = await client.post('/api/v1/drills', body, Started);
        output.data(raw);
        output.line(`drill ${value.id ?? scenario} has begun at ${speed} times the speed of life`);
        output.line(
          value.incidentId
            ? `its incident is ${value.incidentId}; follow it with "muster show ${value.incidentId}"`
            : 'its alert follows within seconds; see it with "muster list"',
        );
      },
    );
};
