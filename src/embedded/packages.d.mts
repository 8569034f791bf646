/** What keeps node_modules from being the lockfile's, in words; null when nothing does. */
export function packagesNeedInstalling(root: string): string | null;
export function nodePath(root: string): string;
export function installPackages(root: string): Promise<void>;
