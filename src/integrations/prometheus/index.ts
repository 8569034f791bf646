import type { Metrics, Vendor } from '../integration.ts';
import { createMetrics } from './client.ts';

export interface PrometheusSettings {
  MUSTER_PROMETHEUS_URL?: string | undefined;
}

/** Answers for symptoms: is the customer still hurt? */
export const prometheus: Vendor<PrometheusSettings, Metrics> = {
  name: 'prometheus',
  live: (settings) => (settings.MUSTER_PROMETHEUS_URL ? createMetrics({ url: settings.MUSTER_PROMETHEUS_URL }) : null),
  sandbox: (world) => createMetrics({ url: `${world.url}/prometheus` }),
  variables: 'MUSTER_PROMETHEUS_URL',
};
