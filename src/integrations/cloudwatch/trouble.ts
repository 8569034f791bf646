/** What the AWS SDK throws, in our words and with what Temporal needs to know: whether asking again can help. */
import { VendorError, type VendorTrouble } from '../../domain/errors.ts';
import { policyFile, rightInWords, rightOf } from '../../domain/remediation/iam-right.ts';
import type { Question } from './ask.ts';

/** What the SDK throws; which of it is there depends on how far the question came. */
interface Thrown {
  /** AWS's code: `AccessDeniedException` from CloudWatch Logs, the older `AccessDenied` from CloudWatch. */
  name: string;
  message: string;
  /** Of the network or the disk: ENOTFOUND. */
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/**
 * AWS's own text is passed on only where it is about the query; everything else is told in a sentence of ours, which is the
 * reason too, because the reason is what people are shown where there is room for no more.
 */
export const inOurWords = (error: unknown, question: Question): VendorError => {
  if (error instanceof VendorError) return error;
  const thrown = error as Thrown;
  const { name, message, $metadata } = thrown;
  const status = $metadata?.httpStatusCode ?? null;
  if (status === null) return unanswered(thrown, question);
  // Throttling and missing rights come as status 400 too, so the name decides.
  if (/throttl|limitexceeded|toomanyrequests|slowdown/i.test(name) || status === 429) return throttled(question, error);
  if (/accessdenied|unauthorized|notauthorized/i.test(name)) return denied(question, error);
  if (isClockWrong(thrown)) {
    return refused(401, false, `AWS takes the worker's clock to be wrong (${name}): set it by a time server`, error);
  }
  if (/expiredtoken|tokenrefresh/i.test(name)) return refused(401, false, expired, error);
  if (name === 'SyntaxError') {
    const strange = `something between here and AWS answers in its stead (status ${status}, no JSON): check proxies and firewalls`;
    return refused(status, status < 500, strange, error);
  }
  if (status === 401 || status === 403 || /token|signature/i.test(name)) {
    const unknown = `AWS does not accept these credentials (${name}): check the keys or the role, and that the account has the region ${question.region} enabled`;
    return refused(401, true, unknown, error);
  }
  const terminal = status < 500 && status !== 408;
  const said = terminal ? `: ${message.slice(0, 200)}` : '';
  return trouble(`cloudwatch answered ${status} ${name}${said}`, { status, terminal, reason: name }, error);
};

const expired =
  'the AWS credentials have expired: those of a role are renewed by themselves; where you set AWS_SESSION_TOKEN, set new keys and restart the worker';

/** No answer came: either there is nobody at that address, or the way there is broken. */
const unanswered = (thrown: Thrown, { region }: Question): VendorError => {
  const { name, message, code } = thrown;
  if (code === 'ENOTFOUND' || /^Region /.test(message)) {
    const where = `MUSTER_CLOUDWATCH_REGION names no region that answers ("${region}"): write one such as eu-west-1, and check DNS`;
    return refused(null, false, where, thrown);
  }
  return refused(
    null,
    false,
    `no answer from AWS (${code ?? name}): check the way from the worker to ${region}`,
    thrown,
  );
};

const throttled = ({ action, region }: Question, cause: unknown): VendorError =>
  refused(
    429,
    false,
    `AWS throttles ${action}: the next look may pass; where it stays, ask for a higher quota in Service Quotas of ${region}`,
    cause,
  );

/** What the credentials' own providers throw: environment, files, the pod's agent, STS. */
export const noCredentials = (error: unknown): VendorError => {
  const thrown = error as Thrown;
  const code = thrown.code ?? thrown.name;
  const sentence =
    thrown.name === 'CredentialsProviderError'
      ? 'no AWS credentials were found: give the worker a role (deploy/aws/trust), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and restart it'
      : `AWS gives the worker no credentials for its role (${code}): compare the role's trust policy with deploy/aws/trust, and look whether its token is there`;
  return refused(401, false, sentence, error);
};

/** Signatures carry the moment they were made. */
const isClockWrong = ({ name, message }: Thrown): boolean =>
  /requestexpired|tooskewed/i.test(name) ||
  (/signature/i.test(name) && /signature (expired|not yet current)/i.test(message));

/**
 * The right that is missing, on what, and the policy that has it. Where AWS says that a policy of another kind is in the way,
 * that one is named, because attaching ours would not help.
 */
export const denied = (question: Question, cause?: unknown): VendorError => {
  const needed = rightOf(question.needs, question.action);
  const right = rightInWords(needed, question);
  const file = policyFile(question.needs.name);
  const filled = needed.resource === '*' ? '' : ', with this log group,';
  const said = cause instanceof Error ? cause.message : '';
  const [, forbidding] = new RegExp(`explicit deny in an? (${policyKinds})`).exec(said) ?? [];
  const [, silent] = new RegExp(`because no (${policyKinds}) allows`).exec(said) ?? [];
  if (forbidding) {
    return refused(403, true, `an explicit deny in a ${forbidding} forbids ${right}: lift it there`, cause);
  }
  const remedy =
    silent === undefined || silent === 'identity-based policy'
      ? `attach ${file}${filled} to the worker's role`
      : `allow it in the ${silent}; ${file} alone is not enough`;
  return refused(403, true, `AWS does not allow ${right}: ${remedy}`, cause);
};

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const policyKinds =
  'identity-based policy|service control policy|resource control policy|VPC endpoint policy|permissions boundary|session policy|resource-based policy';

const refused = (status: number | null, terminal: boolean, sentence: string, cause: unknown): VendorError =>
  trouble(sentence, { status, terminal, reason: sentence }, cause);

export const trouble = (message: string, facts: Omit<VendorTrouble, 'vendor'>, cause?: unknown): VendorError =>
  new VendorError(message, { vendor: 'cloudwatch', ...facts }, cause);
