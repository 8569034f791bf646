/**
 * What AWS must allow, as the code that asks for it says it, and what becomes of that: the policy to attach, and words that
 * say which right is missing. One declaration, so that the two never differ.
 */
import { Bug } from '../errors.ts';

export interface IamRight {
  /** The IAM action: `cloudwatch:GetMetricData`. */
  action: string;
  /** `*` where AWS knows nothing narrower that would do, else an ARN with the places REGION, ACCOUNT_ID and LOG_GROUP. */
  resource: string;
  /** Why it is no narrower; docs/operations.md has it for whoever attaches the policy. */
  because: string;
}

/** The rights of one capability, which are one policy. */
export interface IamNeeds {
  /** Of the capability, and of its file. */
  name: string;
  title: string;
  rights: readonly IamRight[];
}

export interface Statement {
  Sid: string;
  Effect: 'Allow';
  Action: string[];
  Resource: string;
  Condition?: Record<string, Record<string, string>>;
}
export interface Policy {
  Version: '2012-10-17';
  Statement: Statement[];
}

/** Where the policy is, from the top of the project. */
export const policyFile = (name: string): string => `deploy/aws/policies/${name}.json`;

/** The least that allows all of it. What has no resource of its own is held to the region. */
export const policyOf = ({ name, rights }: Pick<IamNeeds, 'name' | 'rights'>): Policy => {
  const actions = new Map<string, string[]>();
  for (const { action, resource } of rights) actions.set(resource, [...(actions.get(resource) ?? []), action]);
  return {
    Version: '2012-10-17',
    Statement: [...actions].map(([resource, allowed], index) => ({
      Sid: `Muster${name.charAt(0).toUpperCase()}${name.slice(1)}${index === 0 ? '' : index + 1}`,
      Effect: 'Allow',
      Action: allowed,
      Resource: resource,
      ...(resource === '*' ? { Condition: { StringEquals: { 'aws:RequestedRegion': 'REGION' } } } : {}),
    })),
  };
};

/** Throws Bug for an action that the needs do not declare: nothing is asked of AWS that no policy here allows. */
export const rightOf = (needs: IamNeeds, action: string): IamRight => {
  const right = needs.rights.find((one) => one.action === action);
  if (right) return right;
  throw new Bug(`${action} is asked of AWS and not among the rights of "${needs.name}": declare it there`);
};

/** `cloudwatch:DescribeAlarms on * in eu-west-1`. The account is not known here. */
export const rightInWords = ({ action, resource }: IamRight, place: { region: string; group?: string }): string =>
  resource === '*'
    ? `${action} on * in ${place.region}`
    : `${action} on ${resource.replace('REGION', place.region).replace('LOG_GROUP', () => place.group ?? 'LOG_GROUP')}`;
