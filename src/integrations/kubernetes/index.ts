export { createCluster, createSandboxCluster } from './client.ts';
