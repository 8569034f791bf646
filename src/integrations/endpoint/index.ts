export { createEndpoint, type EndpointOptions } from './client.ts';
