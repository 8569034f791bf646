import { z } from 'zod';
import { InvalidInput, Unavailable } from '../domain/errors.ts';
import type { SandboxControl } from './start-drill.ts';

const answerMsMax = 5_000;

const Scenarios = z.array(z.object({ name: z.string() }));

/** The sandbox's control API, as far as drills need it. */
export const sandboxControl = (url: string, token: string): SandboxControl => {
  const ask = async (
    method: 'GET' | 'POST',
    path: string,
    body?: object,
  ): Promise<{ status: number; text: string }> => {
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(answerMsMax),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw new Unavailable('the sandbox does not answer; check that it runs', error);
    }
  };
  return {
    scenarios: async () => {
      const { status, text } = await ask('GET', '/scenarios');
      if (status !== 200) throw new Unavailable(`the sandbox answered ${status}; check its log`);
      return Scenarios.parse(JSON.parse(text)).map(({ name }) => name);
    },
    startScenario: async (scenario, drill) => {
      const { status, text } = await ask('POST', `/scenarios/${encodeURIComponent(scenario)}`, drill);
      if (status < 300) return;
      if (status === 404) {
        throw new InvalidInput(`the sandbox has no scenario ${scenario.slice(0, 60)}: ${sentenceOf(text)}`, [
          { path: 'scenario', message: 'a scenario of the sandbox' },
        ]);
      }
      if (status === 400) throw new InvalidInput(`the sandbox refused the drill: ${sentenceOf(text)}`);
      throw new Unavailable(`the sandbox answered ${status}; check its log`);
    },
  };
};

const sentenceOf = (text: string): string => {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'detail' in body) return String(body.detail);
    if (typeof body === 'object' && body !== null && 'error' in body) return String(body.error);
  } catch {
    // Not JSON: shown as it is.
  }
  return text.slice(0, 200) || 'no reason given';
};
