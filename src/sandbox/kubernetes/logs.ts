/** What the containers of the sandbox print: enough for a person to see the cause, more of it the longer they fail. */
import type { ContainerStatus, Pod } from './objects.ts';
import { behaviourOf } from './pod-life.ts';
import { badRequest } from './status.ts';

/** Throws 400, as the real endpoint does, when the container has not run or has no earlier run. */
export const podLog = (pod: Pod, query: URLSearchParams, nowMs: number): string => {
  const name = query.get('container') ?? pod.spec.containers[0]?.name ?? '';
  const container = pod.status.containerStatuses?.find((status) => status.name === name);
  if (!pod.spec.containers.some((other) => other.name === name)) {
    throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
  }
  const previous = query.get('previous') === 'true';
  if (previous && !container?.lastState.terminated) {
    throw badRequest(`previous terminated container "${name}" in pod "${pod.metadata.name}" not found`);
  }
  const waiting = container?.state.waiting;
  if (!container || (waiting && !container.lastState.terminated)) {
    const why = waiting?.reason ?? 'ContainerCreating';
    throw badRequest(`container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${why}`);
  }
  let lines = printed(pod, container, previous, nowMs);
  const sinceSeconds = Number(query.get('sinceSeconds') ?? 0);
  if (sinceSeconds > 0) lines = lines.filter((line) => Date.parse(line.at) >= nowMs - sinceSeconds * 1_000);
  const tail = query.get('tailLines');
  if (tail !== null) lines = lines.slice(Math.max(0, lines.length - Number(tail)));
  const stamped = query.get('timestamps') === 'true';
  const text = lines.map((line) => `${stamped ? `${line.at} ` : ''}${line.text}\n`).join('');
  const limit = Number(query.get('limitBytes') ?? 0);
  return limit > 0 ? text.slice(0, limit) : text;
};

interface Line {
  at: string;
  text: string;
}

const printed = (pod: Pod, container: ContainerStatus, previous: boolean, nowMs: number): Line[] => {
  const ended = previous || container.state.waiting ? container.lastState.terminated : undefined;
  const startedMs = Date.parse(ended?.startedAt ?? container.state.running?.startedAt ?? new Date(nowMs).toISOString());
  const version = container.image.split(':').at(-1) ?? 'unknown';
  const line = (afterMs: number, level: string, message: string, more: Record<string, unknown> = {}): Line => {
    const at = new Date(startedMs + afterMs).toISOString();
    return { at, text: JSON.stringify({ time: at, level, service: container.name, message, ...more }) };
  };
  const opening = [
    line(5, 'info', `starting ${container.name} ${version}`),
    line(60, 'info', 'configuration read', { source: 'environment' }),
    line(140, 'info', 'connected to the order database', { pool: 10 }),
  ];
  switch (behaviourOf(pod)) {
    case 'bad':
    case 'late':
      return [
        ...opening,
        line(260, 'error', 'request failed', { method: 'POST', path: '/orders', status: 500, error: 'TypeError' }),
        line(300, 'fatal', "TypeError: Cannot read properties of undefined (reading 'currency')", {
          stack:
            'at taxFor (/app/src/tax.js:41:27) at priceOf (/app/src/price.js:88:11) at submit (/app/src/orders.js:132:19)',
        }),
        ...(ended ? [line(320, 'fatal', 'uncaught exception, exiting with code 1')] : []),
      ];
    case 'oom':
      return [
        ...opening,
        line(400, 'warn', 'cache holds 410000 entries and is never emptied', { heapMegabytes: 231 }),
        line(900, 'warn', 'heap near its limit', { heapMegabytes: 251, limitMegabytes: 256 }),
      ];
    case 'stuck':
      return [
        ...opening,
        line(500, 'error', 'readiness: upstream does not answer', { upstream: 'payments', status: 503 }),
      ];
    default:
      return [...opening, line(200, 'info', 'listening', { port: 8080 }), line(900, 'info', 'health check passed')];
  }
};
