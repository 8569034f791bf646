import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { contextOf, type World } from '../context.ts';
import { CommandFailed } from '../failure.ts';
import { organisationFileOf } from '../organisation-file.ts';

export const addCheckCommand = (program: Command, world: World): void => {
  program
    .command('check')
    .description('validate packs and organisation, without the API; exit 1 when something is wrong')
    .option('--organisation <file>', 'organisation.yaml; MUSTER_ORGANISATION when absent')
    .option('--packs <dir...>', 'folders with packs of your own; MUSTER_PACKS_DIR when absent')
    .addHelpText('after', '\nExample:\n  muster check --organisation organisation.yaml --packs packs/')
    // The readers of YAML are loaded only here: nobody who acknowledges at night waits for them.
    .action(async (options: { organisation?: string; packs?: string[] }, command: Command) => {
      const { checkFiles } = await import('../../packs/load.ts');
      const { output } = contextOf(world, command);
      const own = options.packs ?? (world.environment.MUSTER_PACKS_DIR ? [world.environment.MUSTER_PACKS_DIR] : []);
      const { faults, ...found } = checkFiles({
        organisationFile: organisationFileOf(world, options.organisation),
        packDirs: own.map((dir) => resolve(world.workingDir, dir)),
      });
      output.data({ ...found, faults });
      for (const fault of faults) {
        const file = relative(world.workingDir, fault.file);
        output.line(`${file.startsWith('..') ? fault.file : file}:${fault.line}:${fault.column}`);
        output.line(`  ${output.paint(fault.path, 'bold')}: ${fault.message}`);
      }
      if (faults.length > 0) {
        throw new CommandFailed(
          `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}; correct them and check again`,
        );
      }
      output.line(
        `${found.packs.length} packs (${found.packs.join(', ')}), ${found.people} people, ${found.services} services: no fault`,
      );
    });
};
