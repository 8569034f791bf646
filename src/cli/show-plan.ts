/** A plan on the terminal: what would be sent, what stands in its way, and how it is undone. */
import type { Plan } from '../schema/remediation.ts';
import { type Output, plain } from './output.ts';

export const showPlan = (output: Output, plan: Plan): void => {
  output.line(`  ${output.paint(plain(plan.sentence), 'bold')}`);
  for (const { path, before, after } of plan.differences) {
    output.line(`    ${plain(path)}`);
    output.line(`      ${output.paint(`- ${plain(before ?? '(nothing)')}`, 'red')}`);
    output.line(`      ${output.paint(`+ ${plain(after ?? '(nothing)')}`, 'green')}`);
  }
  for (const guard of plan.guards) {
    output.line(
      `    ${guard.passed ? 'passed' : output.paint('FAILED', 'red')}  ${plain(guard.name)}: ${plain(guard.finding)}`,
    );
  }
  output.line(
    `    dry run ${plan.dryRun.accepted ? 'accepted' : output.paint('REFUSED', 'red')}: ${plain(plan.dryRun.finding)}`,
  );
  for (const risk of plan.risks) output.line(`    risk: ${plain(risk)}`);
  output.line(`    undo: ${plain(plan.undo)}`);
  output.line(`    blast class ${plan.blastClass}, plan ${plan.planHash}`);
};
