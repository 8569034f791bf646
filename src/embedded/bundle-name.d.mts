export function bundleName(root: string, made: { nodeMajor: number; extension?: '.ts' | '.js' }): string;
