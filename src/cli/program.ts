/** All commands of `muster`, in the order in which an incident needs them. */
import { Command, CommanderError } from 'commander';
import { InvalidInput } from '../domain/errors.ts';
import { addChangeCommands } from './commands/change.ts';
import { addChangesCommands } from './commands/changes.ts';
import { addCheckCommand } from './commands/check.ts';
import { addDrillCommand } from './commands/drill.ts';
import { addModeCommand } from './commands/mode.ts';
import { addOnCallCommand } from './commands/on-call.ts';
import { addOverrideCommands } from './commands/override.ts';
import { addPolicyCommands } from './commands/policy.ts';
import { addReadCommands } from './commands/read.ts';
import { addRemediationCommands } from './commands/remediation.ts';
import { addReportCommands } from './commands/report.ts';
import { addRunbookCommands } from './commands/runbook.ts';
import { addSchemaCommand } from './commands/schema.ts';
import { addShiftCommands } from './commands/shift.ts';
import { addSimulateCommand } from './commands/simulate.ts';
import { addStopCommand } from './commands/stop.ts';
import { addTokenCommand } from './commands/token.ts';
import { addTrustCommand } from './commands/trust.ts';
import type { World } from './context.ts';
import { CommandFailed } from './failure.ts';
import { Output } from './output.ts';

/**
 * Runs one command. Answers the exit code: 0 done, 1 refused or failed, 2 the command was not understood.
 * Results go to the output, complaints to the error stream; with --json a refusal is JSON on the output too.
 */
export const run = async (parameters: readonly string[], world: World): Promise<0 | 1 | 2> => {
  const output = new Output(world.streams, world.environment, parameters.includes('--json'));
  try {
    await program(world).parseAsync([...parameters], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof CommandFailed) {
      if (error.problem !== null) output.data(error.problem);
      output.complain(`muster: ${error.message}`);
      return error.exitCode;
    }
    if (error instanceof InvalidInput) {
      output.complain(`muster: ${error.message}`);
      return 1;
    }
    throw error;
  }
};

const program = (world: World): Command => {
  const muster = new Command('muster')
    .description('Work on incidents: see them, answer them, decide on remediations, practise.')
    .option('--json', 'answer as JSON')
    .showHelpAfterError('(see "muster --help")')
    .configureOutput({
      writeOut: (text) => world.streams.out.write(text),
      writeErr: (text) => world.streams.err.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Environment:
  MUSTER_API           address of the API (http://127.0.0.1:8080)
  MUSTER_TOKEN         your token; else MUSTER_TOKEN_FILE, ~/.config/muster/token, or .muster/secrets.json on this machine
  MUSTER_ORGANISATION  organisation.yaml for check, on-call and token
  MUSTER_PACKS_DIR     packs of your own for check
  MUSTER_PACK          built-in pack that must be usable, for check
  NO_COLOR             no colour, ever

Exit codes: 0 done, 1 refused or failed, 2 the command was not understood.

Examples:
  muster list
  muster declare "Checkout answers errors" --severity SEV1 --service checkout
  muster ack
  muster next
  muster approve
  muster drill bad-release --speed 10`,
    );
  addReadCommands(muster, world);
  addChangeCommands(muster, world);
  addRemediationCommands(muster, world);
  addStopCommand(muster, world);
  addTrustCommand(muster, world);
  addModeCommand(muster, world);
  addReportCommands(muster, world);
  addChangesCommands(muster, world);
  addPolicyCommands(muster, world);
  addDrillCommand(muster, world);
  addOnCallCommand(muster, world);
  addOverrideCommands(muster, world);
  addShiftCommands(muster, world);
  addCheckCommand(muster, world);
  addRunbookCommands(muster, world);
  addSchemaCommand(muster, world);
  addSimulateCommand(muster, world);
  addTokenCommand(muster, world);
  for (const command of muster.commands) {
    command.option('--json', 'answer as JSON');
  }
  return muster;
};
