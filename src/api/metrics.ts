/** What Prometheus reads. Gauges that need the store ask it at the time of the scrape, and stay silent when it is away. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { acceptsAlerts } from '../domain/incident/correlation.ts';
import { incidentStatuses } from '../schema/incident.ts';
import type { Store } from '../store/store.ts';

export interface Metrics {
  registry: Registry;
  onDelivery(source: string, outcome: string): void;
  onAlerts(source: string, alerts: number, quarantined: number): void;
  onRequest(route: string, method: string, status: number, seconds: number): void;
}

const openStatuses = incidentStatuses.filter(acceptsAlerts);

export const createMetrics = (store: Store, spoolWaiting: () => number): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const deliveries = new Counter({
    name: 'muster_deliveries_total',
    help: 'Webhook deliveries by source and what became of them',
    labelNames: ['source', 'outcome'] as const,
    registers,
  });
  const alerts = new Counter({
    name: 'muster_alerts_total',
    help: 'Alerts received by source; quarantined ones could not be read',
    labelNames: ['source', 'outcome'] as const,
    registers,
  });
  const requests = new Histogram({
    name: 'muster_http_request_duration_seconds',
    help: 'Time to answer, by route',
    labelNames: ['route', 'method', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers,
  });
  new Gauge({
    name: 'muster_incidents_open',
    help: 'Open incidents by severity; drills are counted apart',
    labelNames: ['severity', 'kind'] as const,
    registers,
    async collect() {
      this.reset();
      const { items } = await store.incidents.incidents({ status: openStatuses, limit: 1_000 });
      for (const { severity, drill } of items) this.inc({ severity, kind: drill ? 'drill' : 'live' });
    },
  });
  new Gauge({
    name: 'muster_spool_deliveries',
    help: 'Deliveries that wait on disk because the database is away',
    registers,
    collect() {
      this.set(spoolWaiting());
    },
  });
  return {
    registry,
    onDelivery: (source, outcome) => deliveries.inc({ source, outcome }),
    onAlerts: (source, accepted, quarantined) => {
      alerts.inc({ source, outcome: 'accepted' }, accepted);
      alerts.inc({ source, outcome: 'quarantined' }, quarantined);
    },
    onRequest: (route, method, status, seconds) => requests.observe({ route, method, status: String(status) }, seconds),
  };
};
