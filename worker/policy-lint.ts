/**
 * Rules that no document under deploy/aws may break, whatever a reader of AWS says it needs. `npm run roles` writes nothing that
 * has a fault.
 */
type OneOrMore = string | string[];

/** What an IAM document may have here; any other member is a fault. */
export interface IamDocument {
  Version?: string;
  Statement: IamStatement[];
}
interface IamStatement {
  Sid?: string;
  Effect?: string;
  Action?: OneOrMore;
  Resource?: OneOrMore;
  Principal?: string | Record<string, OneOrMore>;
  Condition?: Record<string, Record<string, OneOrMore>>;
}

/** One sentence per fault, each with its file; texts by path as iamFiles makes them. */
export const faultsOfPolicies = (files: ReadonlyMap<string, string>): string[] =>
  [...files].flatMap(([path, text]) => {
    const document = JSON.parse(text) as IamDocument;
    const faults = path.startsWith('trust/') ? trustFaults(document) : policyFaults(document);
    return faults.map((fault) => `${path}: ${fault}`);
  });

/** What a role may do: named reads of the services that Muster asks, as narrow as AWS takes them. */
export const policyFaults = ({ Version, Statement }: IamDocument): string[] => [
  ...versionFaults(Version),
  ...Statement.flatMap((statement) => {
    const [actions, resources] = [listOf(statement.Action), listOf(statement.Resource)];
    const region = statement.Condition?.StringEquals?.['aws:RequestedRegion'];
    return [
      ...memberFaults(statement, ['Sid', 'Effect', 'Action', 'Resource', 'Condition']),
      ...(actions.length === 0 ? ['a statement names no action'] : actions.flatMap(actionFaults)),
      ...(resources.length === 0 ? ['a statement names no resource'] : []),
      ...resources.flatMap((resource) => resourceFaults(resource, actions)),
      ...(resources.includes('*') && region === undefined ? ['* is not held to one region'] : []),
    ];
  }),
];

/** Who may be that role: one service account, named in full. */
export const trustFaults = ({ Version, Statement }: IamDocument): string[] => [
  ...versionFaults(Version),
  ...Statement.flatMap((statement) => {
    const { Action, Principal, Condition = {} } = statement;
    const principals = typeof Principal === 'string' ? [Principal] : Object.values(Principal ?? {}).flatMap(listOf);
    const equal = Object.entries(Condition.StringEquals ?? {});
    const namesAccount = equal.some(([key]) => /:sub$|\/kubernetes-service-account$/.test(key));
    const values = [...principals, ...listOf(Action), ...equal.flatMap(([, value]) => listOf(value))];
    const looser = Object.keys(Condition).filter((operator) => operator !== 'StringEquals');
    return [
      ...memberFaults(statement, ['Sid', 'Effect', 'Action', 'Principal', 'Condition']),
      ...(principals.length === 0 ? ['a statement names nobody'] : []),
      ...values.filter(isWildcard).map((value) => `${value} is a wildcard`),
      ...looser.map((operator) => `${operator} is looser than StringEquals`),
      ...listOf(Action).flatMap((action) =>
        becoming.includes(action) ? [] : [`${action} is not how a role is taken`],
      ),
      ...(namesAccount ? [] : ['any service account may be this role']),
    ];
  }),
];

const becoming = ['sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity', 'sts:TagSession'];

const listOf = (value: OneOrMore | undefined): string[] => (value === undefined ? [] : [value].flat());
const isWildcard = (value: string): boolean => /[*?]/.test(value);

const versionFaults = (version: string | undefined): string[] =>
  version === '2012-10-17' ? [] : ['Version is not 2012-10-17'];

/** NotAction, NotResource and NotPrincipal allow everything but something. */
const memberFaults = (statement: IamStatement, known: string[]): string[] => [
  ...Object.keys(statement)
    .filter((member) => !known.includes(member))
    .map((member) => `${member} is not used here`),
  ...(statement.Effect === 'Allow' ? [] : ['Effect is not Allow']),
];

/** Others have reads that tell secrets: secretsmanager:GetSecretValue, ssm:GetParameter. */
const services = ['cloudwatch', 'logs'];
/** Not named like reads, and they change nothing that is kept. */
const otherReads = ['logs:StartQuery', 'logs:StopQuery'];

const actionFaults = (action: string): string[] => {
  if (isWildcard(action)) return [`${action} is a wildcard`];
  const [service = '', verb = ''] = action.split(':');
  if (!services.includes(service)) return [`${action} is of a service that Muster does not ask`];
  return /^(Get|List|Describe)[A-Z]/.test(verb) || otherReads.includes(action) ? [] : [`${action} is not a read`];
};

/** What AWS cannot hold to less in the way that Muster asks; the declarations say why. */
const wide = ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms', 'logs:GetQueryResults', 'logs:StopQuery'];

const resourceFaults = (resource: string, actions: string[]): string[] => {
  if (resource === '*') {
    return actions.flatMap((action) => (wide.includes(action) ? [] : [`${action} can be held to less than *`]));
  }
  const isOneGroup = /^arn:aws[a-z-]*:logs:[^:*?]+:[^:*?]+:log-group:[^:*?]+:\*$/.test(resource);
  return isOneGroup ? [] : [`${resource} is not one log group`];
};
