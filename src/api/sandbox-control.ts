import { InvalidInput, Unavailable } from '../domain/errors.ts';
import type { StartScenario } from './dependencies.ts';

const answerMsMax = 5_000;

/** The sandbox's control API, as far as drills need it. */
export const sandboxControl =
  (url: string, token: string): StartScenario =>
  async (scenario, drill) => {
    let response: Response;
    try {
      response = await fetch(`${url.replace(/\/$/, '')}/scenarios/${encodeURIComponent(scenario)}`, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.timeout(answerMsMax),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(drill),
      });
    } catch (error) {
      throw new Unavailable('the sandbox does not answer; check that it runs', error);
    }
    const text = (await response.text()).slice(0, 2_000);
    if (response.ok) return;
    if (response.status === 404) {
      throw new InvalidInput(`the sandbox has no scenario ${scenario.slice(0, 60)}: ${sentenceOf(text)}`, [
        { path: 'scenario', message: 'a scenario of the sandbox' },
      ]);
    }
    if (response.status === 400) throw new InvalidInput(`the sandbox refused the drill: ${sentenceOf(text)}`);
    throw new Unavailable(`the sandbox answered ${response.status}; check its log`);
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
