/** The folder of remediation holds two kinds of files, runbooks and policies: each reader takes its own. */
import { type Fault, unknownName } from './fault.ts';
import { collect, readText, yamlFiles } from './read-files.ts';
import { parseTree, placeIn, type YamlTree } from './read-yaml.ts';

const kinds = ['Runbook', 'RemediationPolicy'] as const;

/** Files of one kind, and the faults of those that are no YAML or of neither kind. Never throws for a faulty file. */
export const treesOfKind = (
  kind: (typeof kinds)[number],
  dirs: readonly string[],
): { trees: YamlTree[]; faults: Fault[] } => {
  const faults: Fault[] = [];
  const trees: YamlTree[] = [];
  for (const file of dirs.flatMap((dir) => collect(faults, () => yamlFiles(dir, 'MUSTER_REMEDIATION_DIR')) ?? [])) {
    const tree = collect(faults, () => parseTree(readText(file), file));
    if (!tree) continue;
    const said = kindOf(tree);
    if (said === kind) trees.push(tree);
    else if (!kinds.some((known) => known === said)) {
      faults.push(placeIn([tree], ['kind'], unknownName('kind of file here', said ?? '', kinds)).fault);
    }
  }
  return { trees, faults };
};

const kindOf = ({ value }: YamlTree): string | null => {
  const { kind } = (typeof value === 'object' && value !== null ? value : {}) as { kind?: unknown };
  return typeof kind === 'string' ? kind : null;
};
