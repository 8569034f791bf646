type Environment = Record<string, string | undefined>;
export const temporalCliVersion: string;
export const testServerVersion: string;
export const temporalCliWayOut: string;
export const testServerWayOut: string;
export function cacheFolder(environment?: Environment): string;
export function testServerFolder(environment?: Environment): string;
export function downloadFolder(environment?: Environment): string;
export function builtCliPath(environment?: Environment): string;
export function testServerWrapperPath(environment?: Environment): string;
export function isExecutable(path: string): boolean;
export function onPath(names: string[], environment?: Environment): string | null;
export function findTemporalCli(environment?: Environment): { path: string; from: string } | null;
/** Path of the Temporal CLI; throws with what to do when there is none. */
export function temporalCliPath(environment?: Environment): string;
export function findTestServer(environment?: Environment): string | null;
/** Path of the time-skipping test server; throws with what to do when there is none. */
export function testServerPath(environment?: Environment): string;
export function chromiumPath(environment?: Environment): string | null;
