/** What a person on the command line did wrong, or what was refused to them. */

/** 1: refused or failed; 2: the command itself was not understood. */
export type ExitCode = 1 | 2;

/** Ends the command. `message` says what happened and what to do next. */
export class CommandFailed extends Error {
  readonly exitCode: ExitCode;
  /** The API's problem document, for --json. */
  readonly problem: unknown;
  constructor(message: string, exitCode: ExitCode = 1, problem: unknown = null) {
    super(message);
    this.name = 'CommandFailed';
    this.exitCode = exitCode;
    this.problem = problem;
  }
}

export const misused = (message: string): CommandFailed => new CommandFailed(message, 2);

/** What got no answer may have arrived all the same: the failure then says how to repeat it without `doing` it twice. */
export const orHowToRepeat = async <Answer>(key: string, doing: string, sent: Promise<Answer>): Promise<Answer> => {
  try {
    return await sent;
  } catch (error) {
    if (!(error instanceof CommandFailed) || error.problem !== null) throw error;
    throw new CommandFailed(`${error.message}\nTo repeat without ${doing} twice, add: --key ${key}`);
  }
};
