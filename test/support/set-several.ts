/** An action of the tests alone: turns several switches one after the other, and may hold others meanwhile. */
import { z } from 'zod';
import { type Action, type ActionContext, defineAction, Refused } from '../../activities/actions/action.ts';
import { readEndpoint } from '../../activities/actions/endpoint-reads.ts';
import { actions } from '../../activities/actions/index.ts';
import { type HttpRequest, Target } from '../../src/schema/remediation.ts';

const Params = z.strictObject({
  switches: z.array(z.string()).min(1),
  to: z.string().default('on'),
  alsoLocks: z.array(Target).default([]),
  within: z.number().optional(),
});

/** Value by switch. */
const Values = z.record(z.string(), z.string());

const readValue = async (context: ActionContext, name: string): Promise<string> => {
  const reading = await readEndpoint(context, `/${name}`);
  if (!reading) throw new Refused(`there is no switch ${name}`);
  return (reading.body as { value: string }).value;
};

const requestsTo = (values: Record<string, string>): HttpRequest[] =>
  Object.entries(values).map(([name, value]) => ({
    system: 'http',
    method: 'PUT',
    path: `/${name}`,
    headers: {},
    body: { value },
    reads: `/${name}`,
  }));

const setSeveral = defineAction({
  name: 'set-several',
  version: 1,
  title: 'Turn several switches',
  weighsAs: 'flag',
  kinds: ['Switch'],
  params: Params,
  permissions: [],

  async draft(context, { switches, to, alsoLocks, within }) {
    const before: Record<string, string> = {};
    for (const name of switches) before[name] = await readValue(context, name);
    const desired = Object.fromEntries(switches.map((name) => [name, to]));
    const back = Object.fromEntries(Object.entries(before).reverse());
    return {
      uid: context.target.name,
      sentence: `Turn ${switches.join(' and ')} ${to}`,
      before,
      desired,
      requests: requestsTo(desired),
      inverse: {
        sentence: `Turn ${switches.join(' and ')} back`,
        before: desired,
        desired: back,
        requests: requestsTo(back),
      },
      differences: switches.map((path) => ({ path, before: before[path] ?? null, after: to })),
      undo: 'Turn them back.',
      risks: [],
      tasks: ['Look at the switches.'],
      alsoLocks,
      ...(within === undefined ? {} : { within }),
    };
  },

  assess: async () => ({ blastClass: 'B2', guards: [] }),

  observe(fresh, step, request) {
    const name = (request as HttpRequest).path.slice(1);
    const now = (fresh as { body: { value: string } }).body.value;
    if (now === Values.parse(step.desired)[name]) return 'applied';
    return now === Values.parse(step.before)[name] ? 'pending' : 'superseded';
  },

  settled: async () => ({ state: 'settled', finding: 'the switches read back' }),
});

/** For as long as the test process lives. */
export const withSetSeveral = (): void => {
  (actions as Map<string, Action>).set(setSeveral.name, setSeveral);
};
