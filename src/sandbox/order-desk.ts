/**
 * The shop's application on its real PostgreSQL: sessions that write orders, one that watches who waits, and, while the story
 * says so, somebody's transaction that was left open. Nothing is pretended here: orders wait because a row is locked, and go
 * on because whoever held it is gone. What others end is known by the error that the application gets for it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from './deliveries.ts';
import { orderEveryMs, orderNumber, orderSessions, ordersHeld } from './orders.ts';
import type { World } from './world.ts';

const busyLookMs = 200;
const calmLookMs = 500;
const connectMs = 3_000;
const closesWithinMs = 2_000;

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const sessionEnded = '57P01';
const statementCancelled = '57014';

const waitingQuery = `
  select count(*) filter (where wait_event_type = 'Lock')::int as waiting, pg_postmaster_start_time()::text as "startedAt"
    from pg_stat_activity
   where datname = current_database() and usename = current_user`;

export class OrderDesk {
  private readonly world: World;
  private readonly options: { url: string; log: Log };
  private readonly tills: pg.Pool;
  private readonly watcher: pg.Pool;
  private forgotten: pg.Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;
  private orders = 0;
  private writing = 0;
  private lastOrderMs: number;
  private serverStartedAt: string | null = null;
  private trouble: string | null = null;

  constructor(world: World, options: { url: string; log: Log }) {
    this.world = world;
    this.options = options;
    this.lastOrderMs = world.clock.now();
    this.tills = this.poolOf('checkout', orderSessions);
    this.watcher = this.poolOf('shop-monitor', 1);
  }

  start(): void {
    // All at once, so that the pool is as large as that of a shop that is open.
    for (let till = 0; till < orderSessions; till += 1) void this.tills.query('select 1').catch(() => {});
    this.schedule(0);
  }

  /** What it holds is rolled back; what waited for it goes on. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    const ended = [this.forgotten?.end(), this.tills.end(), this.watcher.end()];
    await Promise.race([Promise.allSettled(ended), pause(closesWithinMs, undefined, { ref: false })]);
  }

  private poolOf(application: string, max: number): pg.Pool {
    const pool = new pg.Pool({
      connectionString: this.options.url,
      application_name: application,
      max,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: connectMs,
    });
    pool.on('error', (error) => void this.lost(error));
    return pool;
  }

  private schedule(inMs: number): void {
    if (this.closed) return;
    this.timer = setTimeout(() => void this.look().finally(() => this.schedule(this.lookMs())), inMs);
    this.timer.unref();
  }

  private lookMs(): number {
    return this.isBusy() ? busyLookMs : calmLookMs;
  }

  private isBusy(): boolean {
    const { forgottenSinceMs, waiting } = this.world.state.orders;
    return forgottenSinceMs !== null || waiting > 0 || this.writing > 0;
  }

  private async look(): Promise<void> {
    try {
      await this.followStory();
      this.takeOrders();
      if (this.isBusy() || this.serverStartedAt === null) await this.watch();
      this.trouble = null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.trouble && !this.closed)
        this.options.log('warn', 'the shop cannot use its database', { reason });
      this.trouble = reason;
    }
  }

  /** A restart of the sandbox opens the transaction again: the story is not over yet. */
  private async followStory(): Promise<void> {
    const isTold = this.world.state.orders.forgottenSinceMs !== null;
    if (isTold && !this.forgotten) await this.leaveOpen();
    if (!isTold && this.forgotten) {
      const client = this.forgotten;
      this.forgotten = null;
      await client.end();
    }
  }

  private async leaveOpen(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: 'back-office',
      connectionTimeoutMillis: connectMs,
    });
    client.on('error', (error) => void this.forgottenIsOver(client, error));
    await client.connect();
    await client.query('begin');
    await client.query("update orders set state = 'in review', changed_at = now() where id <= $1", [ordersHeld]);
    this.forgotten = client;
  }

  /** Whatever ended it, its changes are rolled back, and whoever left it open does not come back. */
  private async forgottenIsOver(client: pg.Client, error: unknown): Promise<void> {
    if (this.forgotten !== client || this.closed) return;
    this.forgotten = null;
    this.world.state.orders.forgottenSinceMs = null;
    this.world.changed('fromOutside');
    await this.lost(error);
  }

  private takeOrders(): void {
    const { speed, orders } = this.world.state;
    const atMs = this.world.nowMs();
    const everyMs = this.world.scaledMs(orderEveryMs);
    const due = Math.floor((atMs - this.lastOrderMs) / everyMs);
    this.lastOrderMs += due * everyMs;
    // Whoever finds no free session is sent away.
    for (let order = 0; order < due && this.writing < orderSessions; order += 1) {
      void this.write(orderNumber(this.orders, orders, { atMs, speed }));
      this.orders += 1;
    }
  }

  private async write(order: number): Promise<void> {
    this.writing += 1;
    try {
      await this.tills.query("update orders set state = 'paid', changed_at = now() where id = $1", [order]);
    } catch (error) {
      await this.lost(error);
    } finally {
      this.writing -= 1;
    }
  }

  private async watch(): Promise<void> {
    const { waiting, startedAt } = await this.seen();
    this.serverStartedAt = startedAt;
    const { orders } = this.world.state;
    if (orders.waiting === waiting) return;
    orders.waiting = waiting;
    this.world.changed('byItself');
  }

  private async seen(): Promise<{ waiting: number; startedAt: string }> {
    const { rows } = await this.watcher.query<{ waiting: number; startedAt: string }>(waitingQuery);
    return rows[0] ?? { waiting: 0, startedAt: '' };
  }

  /** Counts what somebody ended; a server that goes down ends its sessions with the same words. */
  private async lost(error: unknown): Promise<void> {
    const { effects } = this.world.state;
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === statementCancelled) effects.statementsCancelled += 1;
    else if (code === sessionEnded && (await this.serverStands())) effects.sessionsEnded += 1;
    else return;
    this.world.changed('fromOutside');
  }

  private async serverStands(): Promise<boolean> {
    try {
      return (await this.seen()).startedAt === this.serverStartedAt;
    } catch {
      return false;
    }
  }
}
