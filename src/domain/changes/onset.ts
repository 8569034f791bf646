/** When it began, read from the symptom's curve; a point without a value says nothing. */
type Points = { at: string; value: number | null }[];

/** Monitors wait before they alert: the first breach is where the unbroken bad stretch that led to the alert begins. */
export const firstBreach = (points: Points, healthyBelow: number, alerted: string): string => {
  let onset = alerted;
  for (const point of [...points].reverse()) {
    if (point.at > alerted || point.value === null) continue;
    if (point.value < healthyBelow) break;
    onset = point.at;
  }
  return onset;
};

/** The last point before the first breach that was in the healthy range; null when there is none. */
export const healthyUntil = (points: Points, healthyBelow: number, onset: string): string | null =>
  points.findLast((point) => point.at < onset && point.value !== null && point.value < healthyBelow)?.at ?? null;
