import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { InvalidInput, NotAuthenticated } from '../../domain/errors.ts';
import type { GivenChange } from '../../schema/change.ts';
import type { ParsedDelivery, Webhook, WebhookRequest } from '../integration.ts';

/**
 * GitHub's `deployment_status` events: each deployment that has begun is a change of the services deployed from its
 * repository. Several secrets, for rotation. What cannot be read pages nobody: it is no alert.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export const githubWebhook = (secrets: string[]): Webhook => ({
  source: 'github',
  bearer: false,
  tellsOfTrouble: false,
  verify: async (request) => verifySignature(request, secrets),
  parse: async (request) => parseGithub(request),
});

/** `X-Hub-Signature-256: sha256=<hex>`. The older X-Hub-Signature is SHA-1, and counts for nothing. */
const verifySignature = ({ headers, raw }: WebhookRequest, secrets: string[]): void => {
  const [, hex] = /^sha256=([0-9a-f]{64})$/i.exec(headers['x-hub-signature-256']?.trim() ?? '') ?? [];
  const given = Buffer.from(hex ?? '', 'hex');
  const fits = secrets
    .map((secret) => createHmac('sha256', secret).update(raw).digest())
    .map((expected) => given.length === expected.length && timingSafeEqual(given, expected));
  if (!fits.includes(true)) throw new NotAuthenticated('the signature does not fit');
};

const Login = z.object({ login: z.string() }).nullish();
const instant = z.iso.datetime({ offset: true });

const DeploymentStatus = z.object({
  deployment_status: z.object({
    id: z.number(),
    state: z.string(),
    created_at: instant,
    target_url: z.string().nullish(),
    log_url: z.string().nullish(),
    creator: Login,
  }),
  deployment: z.object({
    id: z.number(),
    sha: z.string().nullish(),
    ref: z.string().nullish(),
    environment: z.string().nullish(),
    created_at: instant,
    creator: Login,
    payload: z.unknown(),
  }),
  repository: z.object({ full_name: z.string(), html_url: z.string().nullish() }),
  sender: Login,
});

/** Before these nothing has been changed; afterwards (`inactive`) another deployment has taken over. */
const begun: readonly string[] = ['in_progress', 'success', 'failure', 'error'];

const nothing: ParsedDelivery = { alerts: [], quarantined: [], answers: [], deliveryId: null, note: null };

/** Events are known by their shape, because the header that names them is not signed. */
const parseGithub = ({ headers, raw }: WebhookRequest): ParsedDelivery => {
  const body: unknown = JSON.parse(raw.toString('utf8'));
  if (typeof body !== 'object' || body === null || !('deployment_status' in body)) {
    return {
      ...nothing,
      deliveryId: headers['x-github-delivery'] ?? null,
      note: 'not about a deployment: nothing to do',
    };
  }
  const event = DeploymentStatus.safeParse(body);
  if (!event.success) throw new InvalidInput(`not a deployment_status event: ${z.prettifyError(event.error)}`);
  const { deployment_status: status, repository } = event.data;
  return {
    ...nothing,
    // Signed, unlike the header's: a captured body sent again under another id is still the same event.
    deliveryId: `${repository.full_name}/deployment_status/${status.id}`,
    ...(begun.includes(status.state)
      ? { changes: [changeOf(event.data)] }
      : { note: `deployment_status ${status.state}: nothing has changed yet, or any more` }),
  };
};

/**
 * One deployment is one change, whichever of its statuses comes first. It is dated by its start; where only the end is told,
 * by its making, because the end of a rollout comes after the trouble it brings.
 */
const changeOf = ({
  deployment,
  deployment_status: status,
  repository,
  sender,
}: z.infer<typeof DeploymentStatus>): GivenChange => {
  const name = repository.full_name.split('/').at(-1) ?? repository.full_name;
  const login = deployment.creator?.login ?? status.creator?.login ?? sender?.login;
  const url = webLink(status.log_url) ?? webLink(status.target_url) ?? webLink(repository.html_url);
  const service = serviceIn(deployment.payload);
  const version = deployment.ref ?? deployment.sha?.slice(0, 12);
  return {
    kind: 'image',
    what: `deployment of ${name}${version ? ` at ${version}` : ''}${deployment.environment ? ` to ${deployment.environment}` : ''}`,
    repository: repository.full_name,
    at: status.state === 'in_progress' ? status.created_at : deployment.created_at,
    key: `${repository.full_name}/deployment/${deployment.id}`,
    ...(service ? { service } : {}),
    ...(login ? { by: login, author: login } : {}),
    ...(deployment.environment ? { environment: deployment.environment } : {}),
    ...(deployment.sha ? { commit: deployment.sha } : {}),
    ...(url ? { url } : {}),
  };
};

/** A repository of several services names one in the deployment's payload: `{"service": "checkout"}`. */
const serviceIn = (payload: unknown): string | null => {
  const given = typeof payload === 'string' ? parsed(payload) : payload;
  const named = z.object({ service: z.string().min(1) }).safeParse(given);
  return named.success ? named.data.service : null;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const webLink = (url: string | null | undefined): string | null =>
  url && /^https?:$/.test(URL.parse(url)?.protocol ?? '') ? url : null;
