import { type Inventory, inventoryOf, type Leak, leaksIn } from '../src/domain/telling/leak-guard.ts';
import { type Fact, render } from '../src/domain/telling/render.ts';
import type { StatusPost } from '../src/integrations/integration.ts';
import type { MessageName } from '../src/schema/policy.ts';
import type { Dependencies } from './dependencies.ts';
import { inWords } from './failure.ts';
import type { Telling, Told } from './index.ts';
import { carryOut } from './ledger.ts';

type StatusTelling = Extract<Telling, { kind: 'status' }>;
type Status = StatusTelling['status'];

/** The pack's wording that is safe whatever happened, per public status. */
const safeMessages: Record<Status, MessageName> = {
  investigating: 'publicHolding',
  identified: 'publicHolding',
  monitoring: 'publicMonitoring',
  resolved: 'publicResolved',
};
/** The last resort, when even the pack's wording leaks: no fact in it at all. */
const lastResort: Record<Status, string> = {
  investigating:
    'We are aware of a problem with part of our service and are looking into it. We will post an update here.',
  identified: 'We are still working on the problem with part of our service. We will post an update here.',
  monitoring: 'The affected part of our service is working again. We are watching it closely.',
  resolved: 'This is resolved. We are sorry for the trouble.',
};
/** What safe wording may speak of: times and the public name. */
const safeFacts = ['publicName', 'nextUpdateAt', 'startedAt', 'endedAt', 'duration', 'time', 'number'];

/**
 * Tells customers, through the leak guard: a text that says too much is replaced by safe wording before it leaves, and
 * the answer says what went out instead and why. The public promise is kept either way.
 */
export const createStatusPage = (dependencies: Dependencies): ((telling: StatusTelling) => Promise<Told>) => {
  const { store, organisation, packs, connect, log } = dependencies;
  return async (telling) => {
    const { incident, key, status } = telling;
    const service = organisation.services[incident.service ?? ''];
    const publicName = service?.publicName ?? 'our service';
    const inventory = inventoryFor(incident.pack);
    const { body, leaks } = guarded(telling, publicName);
    const { reference } = await carryOut(
      store.effects,
      { key, incidentId: incident.incidentId, kind: 'status', detail: { status, body } },
      async () => {
        const published = await connect(incident.drill).statusPage.publish({
          incidentKey: `${incident.incidentId}@${incident.declaredAt}`,
          postKey: key,
          name: nameFor(publicName, inventory),
          status,
          body,
          component: service?.component ?? null,
          componentStatus: status === 'resolved' ? 'operational' : hurtOf(incident.rank),
        });
        return JSON.stringify(published);
      },
    );
    const { url } = JSON.parse(reference ?? '{}') as { url?: string };
    return {
      key,
      ok: true,
      ...(url ? { url } : {}),
      ...(leaks.length > 0 ? { replaced: body, because: `held back: ${inOneLine(leaks)}` } : {}),
    };
  };

  function inventoryFor(id: string): Inventory {
    const pack = packs.get(id);
    return inventoryOf(organisation, pack?.neverPublic ?? [], pack?.publicMay);
  }

  function guarded(telling: StatusTelling, publicName: string): { body: string; leaks: Leak[] } {
    const { incident, status } = telling;
    const pack = packs.get(incident.pack);
    const inventory = inventoryFor(incident.pack);
    const asked = wording(telling.message, { ...telling.facts, publicName });
    const leaks = asked === null ? [{ rule: 'no wording', excerpt: telling.message }] : leaksIn(asked, inventory);
    if (asked !== null && leaks.length === 0) return { body: asked, leaks };
    log.warn({ incident: incident.incidentId, rules: leaks.map((leak) => leak.rule) }, 'a public text was held back');
    const facts = Object.fromEntries(
      safeFacts.flatMap((name) => (name in telling.facts ? [[name, telling.facts[name]]] : [])),
    );
    const safe = wording(safeMessages[status], { ...facts, publicName });
    const isSafe = safe !== null && leaksIn(safe, inventory).length === 0;
    return { body: isSafe ? safe : lastResort[status], leaks };

    function wording(message: MessageName | 'plain', values: Record<string, Fact>): string | null {
      const template = message === 'plain' ? '{{ text }}' : pack?.messages[message];
      if (!template) return null;
      try {
        return render(template, values, 'public') || null;
      } catch (error) {
        log.error({ incident: incident.incidentId, message }, inWords(error));
        return null;
      }
    }
  }
};

const nameFor = (publicName: string, inventory: Inventory): string => {
  const name = `Problem with ${publicName}`;
  return leaksIn(name, inventory).length === 0 ? name : 'Problem with part of our service';
};

/** What the component looks like while it lasts. */
const hurtOf = (rank: number): StatusPost['componentStatus'] =>
  rank === 1 ? 'major_outage' : rank === 2 ? 'partial_outage' : 'degraded_performance';

const inOneLine = (leaks: Leak[]): string => leaks.map((leak) => `${leak.rule} "${leak.excerpt}"`).join(', ');
