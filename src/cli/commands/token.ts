import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { sha256 } from '../../domain/sha256.ts';
import { contextOf, type World } from '../context.ts';
import { misused } from '../failure.ts';
import { organisationFileOf } from '../own-files.ts';

/** 256 bit: nobody guesses it, so a plain digest of it needs no salt and no slow hash. */
const tokenBytes = 32;

export const addTokenCommand = (program: Command, world: World): void => {
  program
    .command('token')
    .description('make a token for a person, without the API; only its digest is configured')
    .argument('<person>', 'id of the person in organisation.yaml')
    .option('--organisation <file>', 'look the person up here; MUSTER_ORGANISATION when absent')
    .addHelpText(
      'after',
      '\nThe token is shown once. Add the line to MUSTER_PEOPLE_TOKENS of every api process and restart them.\n\nExample:\n  muster token dana --organisation organisation.yaml',
    )
    .action(async (person: string, options: { organisation?: string }, command: Command) => {
      const { output } = contextOf(world, command);
      if (!/^[^\s:#][^:\r\n]*$/.test(person)) throw misused('give the id of a person, such as dana');
      if (options.organisation ?? world.environment.MUSTER_ORGANISATION) {
        // The readers of YAML are loaded only here.
        const { loadOrganisation } = await import('../../packs/load.ts');
        const file = organisationFileOf(world, options.organisation);
        if (!Object.hasOwn(loadOrganisation(file).people, person)) {
          throw misused(`${person} is nobody in ${file}; use an id from its list of people`);
        }
      }
      const token = `mst_${randomBytes(tokenBytes).toString('base64url')}`;
      const line = `${person}: ${sha256(token)}`;
      output.data({ person, token, line });
      output.line(`token, for ${person} alone; it is not shown again:\n  ${token}`);
      output.line(`line for MUSTER_PEOPLE_TOKENS (or the file of MUSTER_PEOPLE_TOKENS_FILE):\n  ${line}`);
    });
};
