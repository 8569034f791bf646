import type { WorkflowHandle } from '@temporalio/client';

export interface HistoryCost {
  /** Billable Actions of Temporal Cloud, by the published rules (docs.temporal.io/cloud/actions). */
  actions: number;
  events: number;
  workflowTasks: number;
}

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

/** What one event bills by itself; local activities bill once per workflow task that holds markers. */
const actionsOf = (event: HistoryEvent): number => {
  if (event.workflowExecutionStartedEventAttributes) return 1;
  if (event.workflowExecutionSignaledEventAttributes) return 1;
  if (event.workflowExecutionUpdateAcceptedEventAttributes) return 1;
  if (event.activityTaskScheduledEventAttributes) return 1;
  if (event.timerStartedEventAttributes) return 1;
  if (event.startChildWorkflowExecutionInitiatedEventAttributes) return 2;
  if (event.upsertWorkflowSearchAttributesEventAttributes) return 1;
  if (event.signalExternalWorkflowExecutionInitiatedEventAttributes) return 1;
  if (event.workflowExecutionContinuedAsNewEventAttributes) return 1;
  // Every further attempt of an activity bills again.
  if (event.activityTaskStartedEventAttributes) return (event.activityTaskStartedEventAttributes.attempt ?? 1) - 1;
  return 0;
};

export const costOf = (history: History): HistoryCost => {
  const events = history.events ?? [];
  const tasksWithMarkers = new Set(
    events.flatMap((event) => {
      const marker = event.markerRecordedEventAttributes;
      return marker ? [String(marker.workflowTaskCompletedEventId)] : [];
    }),
  );
  return {
    actions: events.reduce((sum, event) => sum + actionsOf(event), 0) + tasksWithMarkers.size,
    events: events.length,
    workflowTasks: events.filter((event) => event.workflowTaskCompletedEventAttributes).length,
  };
};
