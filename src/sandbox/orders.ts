/** The shop's orders, as far as the world remembers them; the rows themselves are in a real database. */
const minuteMs = 60_000;

/** Sessions of checkout, each of which writes one order at a time. */
export const orderSessions = 10;
/** Time of the story between two orders. */
export const orderEveryMs = 10_000;
/** So many orders the forgotten transaction holds: those with the lowest numbers. */
export const ordersHeld = 100;
/** Nobody wants one of those for so long; then customers come back to them. */
const unnoticedMs = 4 * minuteMs;

export interface OrdersState {
  /** Since when somebody's transaction has been left open; null: there is none. */
  forgottenSinceMs: number | null;
  /** Sessions that wait for a lock, as the database itself said when it was last asked. */
  waiting: number;
}

export const quietOrders = (): OrdersState => ({ forgottenSinceMs: null, waiting: 0 });

/** Number of the next order: one that is held, once customers have come back to those. */
export const orderNumber = (
  index: number,
  { forgottenSinceMs }: OrdersState,
  now: { atMs: number; speed: number },
): number => {
  const isWanted = forgottenSinceMs !== null && now.atMs - forgottenSinceMs >= unnoticedMs / now.speed;
  return 1 + (index % ordersHeld) + (isWanted ? 0 : ordersHeld);
};
