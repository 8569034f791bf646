/** What the AWS SDK throws, in our words and with what Temporal needs to know: whether asking again can help. */
import { VendorError, type VendorTrouble } from '../../domain/errors.ts';

/**
 * `iamAction` is what the question needs. Throttling comes as status 400 too, so the name decides. AWS's own text is
 * passed on only where it is about the query.
 */
export const inOurWords = (error: unknown, iamAction: string): VendorError => {
  if (error instanceof VendorError) return error;
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? null;
  if (status === null) {
    const hint = name === 'CredentialsProviderError' ? 'no AWS credentials were found' : name;
    return trouble(`no answer from cloudwatch: ${hint}`, { status, terminal: false, reason: name }, error);
  }
  if (/throttl|limitexceeded|toomanyrequests|slowdown/i.test(name) || status === 429) {
    return trouble('cloudwatch asks to be asked less often', { status, terminal: false, reason: name }, error);
  }
  if (/accessdenied|unauthorized|notauthorized/i.test(name)) return denied(iamAction, status, error);
  // Short-lived credentials are renewed by the SDK.
  if (/expired/i.test(name)) {
    return trouble('the AWS credentials have expired', { status, terminal: false, reason: name }, error);
  }
  if (status === 401 || status === 403 || /token|signature/i.test(name)) {
    return trouble(
      `cloudwatch does not accept the AWS credentials (${name})`,
      { status, terminal: true, reason: name },
      error,
    );
  }
  const terminal = status < 500 && status !== 408;
  const said = terminal ? `: ${message.slice(0, 200)}` : '';
  return trouble(`cloudwatch answered ${status} ${name}${said}`, { status, terminal, reason: name }, error);
};

/** The reason is what people are shown where there is room for no more, so it says what to do. */
export const denied = (iamAction: string, status: number, cause?: unknown): VendorError => {
  const remedy = `allow the IAM action ${iamAction} to the worker's role`;
  return trouble(`cloudwatch refuses to answer: ${remedy}`, { status, terminal: true, reason: remedy }, cause);
};

export const trouble = (message: string, facts: Omit<VendorTrouble, 'vendor'>, cause?: unknown): VendorError =>
  new VendorError(message, { vendor: 'cloudwatch', ...facts }, cause);
