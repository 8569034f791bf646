/** Remediations: see them, propose one, and say yes or no to exactly the plan that was shown. */
import type { Command } from 'commander';
import { z } from 'zod';
import { placeOf } from '../../domain/remediation/target.ts';
import { RemediationItem } from '../../schema/api.ts';
import { kindsWithoutNamespace, type Target } from '../../schema/remediation.ts';
import { askPlan } from '../ask-plan.ts';
import { type Context, contextOf, incidentPath, meantIncident, type World } from '../context.ts';
import { CommandFailed, misused } from '../failure.ts';
import { type Output, plain } from '../output.ts';
import { showPlan } from '../show-plan.ts';
import { until } from '../times.ts';

const Remediations = z.object({ items: z.array(RemediationItem) });
/** Propose, approve and deny answer with the remediation; only what is shown is asked for. */
const Answered = z.object({ id: z.string(), status: z.string() });
type Remediation = z.infer<typeof RemediationItem>;

export const addRemediationCommands = (program: Command, world: World): void => {
  program
    .command('remediations')
    .description('what was or may be done about it, with the plans')
    .argument('[incident]', 'incident id; without it the only open one')
    .addHelpText('after', '\nExample:\n  muster remediations INC-2026-014')
    .action(async (given: string | undefined, _: unknown, command: Command) => {
      const context = contextOf(world, command);
      const { items, raw } = await remediationsOf(context, await meantIncident(context.client, given));
      context.output.data(raw);
      if (items.length === 0) context.output.line('no remediation was proposed; "muster propose" asks for one');
      for (const item of items) showRemediation(context.output, item, context.nowMs);
    });

  program
    .command('plan')
    .description('what an action would do now, with its difference; nothing is changed')
    .argument('<action>', 'such as roll-back-deployment, scale-workload, drain-node')
    .requiredOption('--target <target>', 'cluster/Kind/namespace/name; a node has no namespace: cluster/Node//name')
    .option('--param <name=value...>', 'parameters of the action')
    .option('--service <id>', 'whose environment decides how much is done without a question')
    .option('--drill', 'in the sandbox')
    .addHelpText('after', '\nExample:\n  muster plan roll-back-deployment --target prod/Deployment/shop/checkout')
    .action(
      async (
        action: string,
        options: { target: string; param?: string[]; service?: string; drill?: boolean },
        command: Command,
      ) => {
        const { client, output } = contextOf(world, command);
        const asked = { action, target: targetFrom(options.target), params: paramsFrom(options.param ?? []) };
        const { service, drill = false } = options;
        const planned = await askPlan(client, { ...asked, drill, ...(service === undefined ? {} : { service }) });
        output.data(planned);
        if (planned.kind === 'refused') throw new CommandFailed(`it would not be done: ${planned.because}`);
        showPlan(output, planned.plan);
        output.line(`    mode ${planned.mode}: ${planned.because.join('; ')}`);
      },
    );

  program
    .command('propose')
    .description('ask for a remediation: it is planned and waits for approval')
    .argument('<incident>', 'incident id; "-" is the only open one')
    .argument('<action>', 'such as roll-back-deployment, scale-workload, evict-pod')
    .requiredOption('--target <target>', 'cluster/Kind/namespace/name; a node has no namespace: cluster/Node//name')
    .option('--param <name=value...>', 'parameters of the action')
    .option('--because <text>', 'why you think it helps')
    .option('--emergency <reason>', 'override a freeze that allows it at this severity; it still needs its approvals')
    .addHelpText(
      'after',
      '\nExamples:\n  muster propose - scale-workload --target sandbox/Deployment/shop/checkout --param replicas=6' +
        '\n  muster propose - cordon-node --target sandbox/Node//node-2',
    )
    .action(
      async (
        given: string,
        action: string,
        options: { target: string; param?: string[]; because?: string; emergency?: string },
        command: Command,
      ) => {
        const { client, output } = contextOf(world, command);
        const target = targetFrom(options.target);
        const params = paramsFrom(options.param ?? []);
        const id = await meantIncident(client, given);
        const { because, emergency } = options;
        const body = { action, target, params, ...(because && { because }), ...(emergency && { emergency }) };
        const { value, raw } = await client.post(incidentPath(id, '/remediations'), body, Answered);
        output.data(raw);
        output.line(`${value.id} is ${words(value.status)}; see its plan with "muster remediations ${id}"`);
      },
    );

  for (const verdict of ['approve', 'deny'] as const) {
    program
      .command(verdict)
      .description(verdict === 'approve' ? 'say yes to the plan that is shown' : 'say no to the plan that is shown')
      .argument('[incident]', 'incident id; without it the only open one')
      .argument('[remediation]', 'needed only when several wait')
      .option('-y, --yes', 'do not ask again')
      .option('--plan-hash <hash>', 'only if the plan is still this one')
      .option('--reason <text>')
      .addHelpText(
        'after',
        `\nExamples:\n  muster ${verdict}\n  muster ${verdict} INC-2026-014 --yes --reason "agreed on the call"`,
      )
      .action(
        async (
          given: string | undefined,
          remediation: string | undefined,
          options: { yes?: boolean; planHash?: string; reason?: string },
          command: Command,
        ) => {
          const context = contextOf(world, command);
          const id = await meantIncident(context.client, given);
          const waiting = await theWaiting(context, id, remediation);
          if (options.planHash && options.planHash !== waiting.planHash) {
            throw new CommandFailed(
              `the plan has changed since; look at it with "muster remediations ${id}" and decide again`,
            );
          }
          showRemediation(context.output, waiting, context.nowMs);
          if (!options.yes) await confirm(context, verdict);
          const { value, raw } = await context.client.post(
            incidentPath(id, `/remediations/${encodeURIComponent(waiting.id)}/${verdict}`),
            { planHash: waiting.planHash, ...(options.reason ? { reason: options.reason } : {}) },
            Answered,
          );
          context.output.data(raw);
          context.output.line(`${value.id} is ${words(value.status)}; follow it with "muster timeline ${id}"`);
        },
      );
  }
};

const remediationsOf = async ({ client }: Context, id: string): Promise<{ items: Remediation[]; raw: unknown }> => {
  const { value, raw } = await client.get(incidentPath(id, '/remediations'), Remediations);
  return { items: value.items, raw };
};

const theWaiting = async (
  context: Context,
  id: string,
  remediation: string | undefined,
): Promise<Remediation & { planHash: string }> => {
  const { items } = await remediationsOf(context, id);
  const waiting = items.flatMap((item) =>
    item.status === 'awaitingApproval' &&
    item.planHash !== null &&
    (remediation === undefined || item.id === remediation)
      ? [{ ...item, planHash: item.planHash }]
      : [],
  );
  const [only, ...others] = waiting;
  if (!only) {
    const known = items.map((item) => `  ${item.id}  ${words(item.status)}`).join('\n');
    throw new CommandFailed(`nothing waits for approval in ${id}${known ? `; its remediations:\n${known}` : ''}`);
  }
  if (others.length > 0) {
    throw misused(
      `several wait for approval; say which one:\n${waiting.map((item) => `  ${item.id}  ${item.action}`).join('\n')}`,
    );
  }
  return only;
};

const confirm = async ({ world, output }: Context, verdict: 'approve' | 'deny'): Promise<void> => {
  // Under --json the plan is not on the screen, and nobody says yes to what they have not seen.
  const answer = output.json
    ? null
    : await world.ask(`${verdict === 'approve' ? 'Approve' : 'Deny'} exactly this plan? [y/N] `);
  if (answer === null) throw misused(`nobody can be asked here; add --yes to ${verdict} without a question`);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailed('nothing was decided; the plan still waits');
};

const showRemediation = (output: Output, item: Remediation, nowMs: number): void => {
  const { cluster, kind } = item.target;
  const expiry =
    item.status === 'awaitingApproval' && item.expiresAt ? `, expires ${until(item.expiresAt, nowMs)}` : '';
  output.line(`${output.paint(item.id, 'bold')}  ${words(item.status)}${expiry}`);
  output.line(`  ${plain(item.action)} on ${plain(`${kind} ${placeOf(item.target)} in ${cluster}`)}`);
  if (item.plan) showPlan(output, item.plan);
  output.line();
};

const targetFrom = (text: string): Target => {
  const [cluster, kind, namespace, name, ...rest] = text.split('/');
  if (!cluster || !kind || namespace === undefined || !name || rest.length > 0) {
    throw misused(`"${text}" is no target; give cluster/Kind/namespace/name, such as sandbox/Deployment/shop/checkout`);
  }
  if ((namespace === '') !== kindsWithoutNamespace.includes(kind)) {
    throw misused(
      namespace === ''
        ? `a ${kind} needs its namespace: ${cluster}/${kind}/NAMESPACE/${name}`
        : `a ${kind} has no namespace: ${cluster}/${kind}//${name}`,
    );
  }
  return { cluster, kind, namespace, name };
};

/** `replicas=6` is a number, `reason=slow` a text. */
const paramsFrom = (pairs: string[]): Record<string, unknown> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw misused(`"${pair}" is no parameter; give name=value`);
      const text = pair.slice(at + 1);
      try {
        return [pair.slice(0, at), JSON.parse(text) as unknown];
      } catch {
        return [pair.slice(0, at), text];
      }
    }),
  );

const words = (status: string): string => status.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
