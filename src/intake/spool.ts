/**
 * Where deliveries wait while PostgreSQL is away: one append-only file, a checksummed line per delivery, fsynced before
 * the sender gets its 2xx, bounded in size. Drained oldest first; a line leaves only after its delivery was committed.
 */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Unavailable } from '../domain/errors.ts';
import { sha256 } from '../domain/sha256.ts';

export const SpooledDelivery = z.object({
  id: z.string(),
  source: z.string(),
  receivedAt: z.string(),
  headers: z.record(z.string(), z.string()),
  bodyBase64: z.string(),
});
export type SpooledDelivery = z.infer<typeof SpooledDelivery>;

export interface Spool {
  /** Resolves once the line is on disk. Throws Unavailable when the spool is full or the disk refuses. */
  add(delivery: SpooledDelivery): Promise<void>;
  /** Gives each waiting delivery to `commit`; stops at the first that throws and keeps it and the rest. Returns how many went. */
  drain(commit: (delivery: SpooledDelivery) => Promise<void>): Promise<number>;
  waiting(): number;
  hasRoom(): boolean;
  close(): Promise<void>;
}

const spoolBytesMaxDefault = 64 * 1024 * 1024;
/** A full delivery in base64 with its frame. */
const lineBytesMax = 2 * 1024 * 1024;

/** Opens or creates the spool of one api process; two processes must not share a folder. */
export const openSpool = async (
  folder: string,
  options: { bytesMax?: number; onDamage?: (lines: number) => void } = {},
): Promise<Spool> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'intake-spool.jsonl');
  const file = await open(path, 'a+', 0o600);
  fsyncFolder(folder);
  return new FileSpool(file, path, options.bytesMax ?? spoolBytesMaxDefault, options.onDamage ?? (() => {})).ready();
};

/** A new file survives a power cut only once its folder is on disk too. */
const fsyncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
};

class FileSpool implements Spool {
  private readonly file: FileHandle;
  private readonly path: string;
  private readonly bytesMax: number;
  private readonly onDamage: (lines: number) => void;
  private bytes = 0;
  private lines = 0;
  private broken = false;
  /** Lines at the start of the file that were committed already but not cut off yet. */
  private drained = 0;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(file: FileHandle, path: string, bytesMax: number, onDamage: (lines: number) => void) {
    this.file = file;
    this.path = path;
    this.bytesMax = bytesMax;
    this.onDamage = onDamage;
  }

  async ready(): Promise<this> {
    const { deliveries, bytes, torn } = await this.read();
    // A line without its end was never acknowledged: the process died while writing it.
    if (torn) await this.file.write('\n');
    this.bytes = bytes + (torn ? 1 : 0);
    this.lines = deliveries.length;
    return this;
  }

  add(delivery: SpooledDelivery): Promise<void> {
    return this.inTurn(async () => {
      const json = JSON.stringify(delivery);
      const line = `${checksumOf(json)} ${json}\n`;
      if (!this.hasRoom() || this.bytes + Buffer.byteLength(line) > this.bytesMax) {
        throw new Unavailable('neither the database nor the spool can take a delivery now; send it again later');
      }
      try {
        await this.file.appendFile(line);
        await this.file.datasync();
      } catch (error) {
        // After a failed fsync nobody knows what is on disk: nothing more is acknowledged from here.
        this.broken = true;
        throw new Unavailable('the spool cannot be written; check the disk of MUSTER_DATA_DIR', error);
      }
      this.bytes += Buffer.byteLength(line);
      this.lines += 1;
    });
  }

  drain(commit: (delivery: SpooledDelivery) => Promise<void>): Promise<number> {
    return this.inTurn(async () => {
      if (this.lines === 0) return 0;
      const { deliveries, damaged } = await this.read();
      let done = 0;
      for (const delivery of deliveries.slice(this.drained)) {
        try {
          await commit(delivery);
        } catch {
          break;
        }
        done += 1;
        this.drained += 1;
      }
      this.lines = deliveries.length - this.drained;
      if (this.lines > 0) return done;
      if (damaged > 0) this.onDamage(damaged);
      await this.file.truncate(0);
      await this.file.datasync();
      this.bytes = 0;
      this.drained = 0;
      return done;
    });
  }

  waiting(): number {
    return this.lines;
  }

  hasRoom(): boolean {
    return !this.broken && this.bytes + lineBytesMax <= this.bytesMax;
  }

  async close(): Promise<void> {
    await this.queue.catch(() => {});
    await this.file.close();
  }

  private async read(): Promise<{ deliveries: SpooledDelivery[]; bytes: number; torn: boolean; damaged: number }> {
    const text = await readFile(this.path, 'utf8');
    const lines = text.split('\n').filter((line) => line !== '');
    const deliveries = lines.map(readLine).filter((delivery) => delivery !== null);
    const torn = text !== '' && !text.endsWith('\n');
    return { deliveries, bytes: Buffer.byteLength(text), torn, damaged: lines.length - deliveries.length };
  }

  /** One operation at a time: appending while the file is cut would lose a line. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(work, work);
    this.queue = result.catch(() => {});
    return result;
  }
}

const checksumOf = (json: string): string => sha256(json).slice(0, 16);

const readLine = (line: string): SpooledDelivery | null => {
  const json = line.slice(17);
  if (line[16] !== ' ' || line.slice(0, 16) !== checksumOf(json)) return null;
  const parsed = SpooledDelivery.safeParse(JSON.parse(json));
  return parsed.success ? parsed.data : null;
};
