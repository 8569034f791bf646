import { call } from '../http.ts';
import type { HealthProbe } from '../integration.ts';

const timeoutMs = 10_000;
const bytesMax = 64 * 1024;

/**
 * The page of a service, asked by the worker itself. A redirect is an answer: only the host of the catalogue is asked.
 * `sandboxUrl`: the sandbox answers for every host instead.
 */
export const createHealthProbe = (options: { sandboxUrl?: string } = {}): HealthProbe => ({
  ask: async (given) => {
    const { host, pathname } = new URL(given);
    const url = options.sandboxUrl === undefined ? given : `${options.sandboxUrl}/health-pages/${host}${pathname}`;
    const began = performance.now();
    const { status, text } = await call({
      vendor: 'the health page',
      method: 'GET',
      url,
      timeoutMs,
      answerBytesMax: bytesMax,
      cutsAnswers: true,
      tellRedirects: true,
    });
    return { status, latencyMs: Math.round(performance.now() - began), excerpt: text };
  },
});
