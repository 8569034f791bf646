/**
 * The cluster port over @kubernetes/client-node, of which only kubeconfig, authentication and TLS are used. Bodies
 * stay raw JSON: the generated client keeps only the fields it knows, and a rollback that sends such a reading back
 * would delete the others.
 */
import { HttpMethod, IsomorphicFetchHttpLibrary, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { InvalidInput, VendorError } from '../../domain/errors.ts';
import { call, redact } from '../http.ts';
import type { Cluster, ClusterRequest } from '../integration.ts';

const vendor = 'kubernetes';
/** The server is told to give up earlier than we do, so that a request we stopped waiting for does not land much later. */
const serverTimeout = '8s';
const clientTimeoutMs = 10_000;
const answerBytesMax = 16 * 1024 * 1024;

/**
 * A real cluster. The file is named by the operator and nothing else is looked at: neither KUBECONFIG nor the home
 * folder. Throws InvalidInput when the file cannot be used. Requests follow `Cluster`: one attempt, any status is an
 * answer, VendorError with status null when none came within 10 s.
 */
export const createCluster = (options: { kubeconfigFile: string }): Cluster => {
  const kubeconfig = new KubeConfig();
  try {
    kubeconfig.loadFromFile(options.kubeconfigFile);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'unreadable';
    throw new InvalidInput(
      `MUSTER_KUBECONFIG cannot be used: ${reason}; give a kubeconfig file with a current context`,
    );
  }
  const server = kubeconfig.getCurrentCluster()?.server;
  if (!server)
    throw new InvalidInput('MUSTER_KUBECONFIG has no current context; set one with kubectl config use-context');
  const http = new IsomorphicFetchHttpLibrary();

  return clusterOver(async ({ method, path, query, body, contentType, accept }) => {
    const url = address(server, path, query);
    const context = new RequestContext(url, HttpMethod[method]);
    try {
      await kubeconfig.applySecurityAuthentication(context);
      context.setHeaderParam('accept', accept);
      if (body !== undefined) {
        context.setHeaderParam('content-type', contentType);
        context.setBody(body);
      }
      context.setSignal(AbortSignal.timeout(clientTimeoutMs));
      const answer = await http.send(context).toPromise();
      return { status: answer.httpStatusCode, text: await answer.body.text() };
    } catch (error) {
      throw noAnswer(url, error);
    } finally {
      // Credentials may rotate, so each request has its own connection; it is not kept.
      void context.getDispatcher()?.close();
    }
  });
};

/** The sandbox's cluster: the same protocol over plain HTTP with a bearer token. `url` ends before /apis. */
export const createSandboxCluster = (options: { url: string; token: string }): Cluster =>
  clusterOver(({ method, path, query, body, contentType, accept }) =>
    call({
      vendor,
      method,
      url: address(options.url, path, query),
      headers: {
        authorization: `Bearer ${options.token}`,
        accept,
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs: clientTimeoutMs,
      answerBytesMax,
    }),
  );

interface Sending {
  method: ClusterRequest['method'];
  path: string;
  query: Record<string, string>;
  body: string | undefined;
  contentType: string;
  accept: string;
}

const clusterOver = (send: (request: Sending) => Promise<{ status: number; text: string }>): Cluster => ({
  async request(request) {
    const answer = await send({
      method: request.method,
      path: request.path,
      query: request.method === 'GET' ? (request.query ?? {}) : { timeout: serverTimeout, ...request.query },
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      contentType: request.contentType ?? 'application/json',
      accept: 'application/json',
    });
    return { status: answer.status, body: parsed(answer.text) };
  },
  async text(path, query) {
    const answer = await send({ method: 'GET', path, query, body: undefined, contentType: '', accept: '*/*' });
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    throw new VendorError(`kubernetes answered ${answer.status} for ${path}`, {
      vendor,
      status: answer.status,
      terminal: answer.status < 500 && answer.status !== 429,
    });
  },
});

const address = (base: string, path: string, query: Record<string, string>): string => {
  const url = new URL(`${base.replace(/\/+$/, '')}${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.toString();
};

/** The body is JSON text on success and on refusal; 401 and proxies answer otherwise. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 500);
  }
};

const noAnswer = (url: string, error: unknown): VendorError => {
  const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : 'none';
  return new VendorError(
    `no answer from kubernetes at ${redact(url)}: ${reason}`,
    { vendor, status: null, terminal: false },
    error,
  );
};
