/** Just enough of an incident to see how the client speaks with a workflow. */
import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { IncidentView } from '../../src/schema/incident.ts';
import * as messages from '../../workflows/messages.ts';

export async function incident({ title }: { title: string }): Promise<void> {
  let ended = false;
  let attached = 0;
  setHandler(messages.attachAlerts, ({ alerts }) => {
    attached += alerts.length;
  });
  setHandler(
    messages.acknowledge,
    ({ note }) => ({ title: `${title} (${note})`, alertsFiring: attached }) as IncidentView,
    {
      validator: ({ note }) => {
        if (note) return;
        throw ApplicationFailure.create({ message: 'say something', type: 'invalidInput', nonRetryable: true });
      },
    },
  );
  setHandler(messages.cancel, () => {
    ended = true;
    return { title } as IncidentView;
  });
  setHandler(messages.resolve, () => {
    throw ApplicationFailure.create({ message: 'the hold runs', type: 'conflict', nonRetryable: true });
  });
  setHandler(messages.view, () => ({ title, alertsFiring: attached }) as IncidentView);
  await condition(() => ended);
}
