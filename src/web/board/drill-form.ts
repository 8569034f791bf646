import type { CommandForm } from '../parts/command-dialog.tsx';
import { send } from '../server/client.ts';

/** Scenarios of the sandbox; its state may list others. */
const knownScenarios = [
  { value: 'bad-release', label: 'A bad release' },
  { value: 'memory-leak', label: 'A memory leak' },
  { value: 'node-loss', label: 'A lost node' },
  { value: 'database-exhaustion', label: 'Database connections run out' },
  { value: 'blocked-checkout', label: 'A forgotten transaction blocks the orders' },
  { value: 'slow-dependency', label: 'A slow dependency' },
] as const;

interface DrillAnswer {
  id?: string;
  incidentId?: string | null;
}

export const startDrill = async (drill: { scenario: string; speed: number; people: boolean }): Promise<string | null> =>
  (await send<DrillAnswer | null>('/api/v1/drills', drill))?.incidentId ?? null;

/** `onStarted` gets the incident's id when it is known already; otherwise the alert brings it within seconds. */
export const drillForm = (onStarted: (incidentId: string | null) => void): CommandForm => ({
  title: 'Start a drill',
  effect:
    'Something breaks in the sandbox and its monitor raises a real alert. Nothing outside the sandbox is touched.',
  submit: 'Break it',
  fields: [
    { name: 'scenario', label: 'What breaks', kind: 'choice', value: 'bad-release', options: knownScenarios },
    {
      name: 'speed',
      label: 'Speed',
      kind: 'choice',
      value: '10',
      options: [
        { value: '1', label: 'as in life' },
        { value: '10', label: '10 times faster' },
        { value: '60', label: '60 times faster' },
      ],
    },
    {
      name: 'people',
      label: 'Who answers the phones',
      kind: 'choice',
      value: 'me',
      options: [
        { value: 'me', label: 'I do' },
        { value: 'sandbox', label: 'the people of the sandbox' },
      ],
    },
  ],
  send: async (values) =>
    onStarted(
      await startDrill({
        scenario: values.scenario ?? 'bad-release',
        speed: Number(values.speed ?? 1),
        people: values.people === 'sandbox',
      }),
    ),
});
