import { Argument, type Command } from 'commander';
import type { SchemaName } from '../../packs/json-schema.ts';
import { contextOf, type World } from '../context.ts';

export const addSchemaCommand = (program: Command, world: World): void => {
  program
    .command('schema')
    .description(
      'print the JSON Schema of packs, of organisation.yaml, of remediation policies or of runbooks, for editors',
    )
    .addArgument(
      new Argument('[kind]', 'what you write')
        .choices(['pack', 'organisation', 'remediation-policy', 'runbook'])
        .default('pack'),
    )
    .addHelpText('after', '\nExample:\n  muster schema organisation > organisation.schema.json')
    .action(async (kind: SchemaName, _: unknown, command: Command) => {
      const { jsonSchemaOf } = await import('../../packs/json-schema.ts');
      contextOf(world, command).output.raw(JSON.stringify(jsonSchemaOf(kind), null, 2));
    });
};
