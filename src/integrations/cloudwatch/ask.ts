/** One question to AWS, for all that ask it: bounded in time, never repeated, and refused in words that say what to do. */
import { setTimeout as pause } from 'node:timers/promises';
import { type IamNeeds, rightOf } from '../../domain/remediation/iam-right.ts';
import { inOurWords, noCredentials } from './trouble.ts';

const timeoutMs = 10_000;

/** What is asked, and of whom. */
export interface Question {
  /** The capability it belongs to, which declares the right. */
  needs: IamNeeds;
  /** The IAM action that it needs. */
  action: string;
  region: string;
  /** The log group, where there is one. */
  group?: string;
}

/** A client of the SDK, and the module it came from. */
interface Opened<Sdk> {
  sdk: Sdk;
  client: { config: { credentials(): Promise<unknown> } };
}

/** For every client: Temporal repeats, so the SDK does not. */
export const bounded = (region: string) => ({
  region,
  maxAttempts: 1,
  requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
});

/**
 * `open` is called by the first question: the SDK takes its time to load, and whoever has no CloudWatch never pays for it.
 * Throws VendorError with what to do as its reason: status 403 names the right that is missing and its policy, 401 the
 * credentials, 429 throttling; null means that no answer came.
 */
export const asker = <Way extends Opened<unknown>>(open: () => Promise<Way>) => {
  let opened: Way | undefined;
  return async <Answer>(
    question: Question,
    send: (way: Way, within: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> => {
    rightOf(question.needs, question.action);
    try {
      opened ??= await open();
    } catch (error) {
      throw inOurWords(error, question);
    }
    const way = opened;
    // Apart from the question, because STS refuses in the same words as CloudWatch.
    await inTime(way.client.config.credentials()).catch((error: unknown) => {
      throw noCredentials(error);
    });
    try {
      return await send(way, { abortSignal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      throw inOurWords(error, question);
    }
  };
};

/** Credentials may come from another service, and the SDK waits for some of them without end. */
const inTime = async (credentials: Promise<unknown>): Promise<void> => {
  const done = new AbortController();
  const tooLate = pause(timeoutMs, undefined, { signal: done.signal }).then(() => {
    throw Object.assign(new Error('no credentials in time'), { name: 'TimeoutError' });
  });
  await Promise.race([credentials, tooLate]).finally(() => done.abort());
};
