/** The flags of `npm start`. Each flag that has a variable overrides it for this run. */
import { parseArgs } from 'node:util';
import { InvalidInput } from '../domain/errors.ts';

export interface StartOptions {
  help: boolean;
  /** Scenario to play once everything is up; null: none. */
  drill: string | null;
  /** How many times faster than life the drill's durations run. */
  speed: number;
  /** Play the drill with the sandbox's people acting, check it, stop everything, and exit 0 or 1. */
  exit: boolean;
  /** Variables set by flags. */
  overrides: Record<string, string>;
}

const flagVariables = {
  port: 'MUSTER_PORT',
  'temporal-port': 'MUSTER_TEMPORAL_PORT',
  'temporal-ui-port': 'MUSTER_TEMPORAL_UI_PORT',
  'sandbox-port': 'MUSTER_SANDBOX_PORT',
  'data-dir': 'MUSTER_DATA_DIR',
} as const;

export const presetDrill = 'bad-release';
const presetSpeed = 10;

/** Throws InvalidInput that names the flag and how to see all of them. */
export const readOptions = (argv: string[]): StartOptions => {
  const values = parse(argv);
  if (values.drill !== undefined && values['no-drill'] === true) {
    throw new InvalidInput('--drill and --no-drill exclude each other; give one of them');
  }
  if (values.exit === true && values['no-drill'] === true) {
    throw new InvalidInput('--exit plays a drill and checks it, so it cannot go with --no-drill');
  }
  const overrides: Record<string, string> = {};
  for (const [flag, variable] of Object.entries(flagVariables)) {
    const value = values[flag as keyof typeof flagVariables];
    if (value !== undefined) overrides[variable] = value;
  }
  return {
    help: values.help === true,
    drill: values['no-drill'] === true ? null : (values.drill ?? presetDrill),
    speed: readSpeed(values.speed),
    exit: values.exit === true,
    overrides,
  };
};

const parse = (argv: string[]) => {
  try {
    return parseArgs({
      args: argv,
      options: {
        help: { type: 'boolean', short: 'h' },
        drill: { type: 'string' },
        'no-drill': { type: 'boolean' },
        speed: { type: 'string' },
        exit: { type: 'boolean' },
        port: { type: 'string' },
        'temporal-port': { type: 'string' },
        'temporal-ui-port': { type: 'string' },
        'sandbox-port': { type: 'string' },
        'data-dir': { type: 'string' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error);
    throw new InvalidInput(`${reason}; npm start -- --help lists what there is`);
  }
};

const readSpeed = (text: string | undefined): number => {
  if (text === undefined) return presetSpeed;
  const speed = Number(text);
  if (Number.isFinite(speed) && speed >= 1 && speed <= 600) return speed;
  throw new InvalidInput(`--speed takes a number from 1 to 600, such as --speed 60; "${text}" is none`);
};

interface Variable {
  description?: string | undefined;
  safeParse(value: unknown): { success: boolean; data?: unknown };
}

export const helpText = (variables: Record<string, Variable>): string => `everything on this machine, with one command

  npm start                        start, and play the ${presetDrill} drill at ${presetSpeed} times the speed
  npm start -- --no-drill          start only
  npm start -- --drill ${presetDrill} --speed 60 --exit
                                   play a drill with the sandbox's people acting, check it, stop; exit 0 or 1

Flags
  --drill NAME             scenario of the sandbox to play (${presetDrill})
  --no-drill               play none
  --speed N                how many times faster than life the drill runs, 1 to 600 (${presetSpeed})
  --exit                   end when the drill has ended; not 0 when one of its checks failed
${Object.entries(flagVariables)
  .map(([flag, variable]) => `  ${`--${flag} VALUE`.padEnd(24)} the same as ${variable}`)
  .join('\n')}
  --help                   this text

Environment (secrets also from a file named by <NAME>_FILE)
${Object.entries(variables)
  .map(([name, schema]) => `  ${name.padEnd(26)} ${schema.description ?? ''}${presetOf(schema)}`)
  .join('\n')}
`;

const presetOf = (schema: Variable): string => {
  const { success, data } = schema.safeParse(undefined);
  return success && data !== undefined ? ` (${String(data)})` : '';
};
