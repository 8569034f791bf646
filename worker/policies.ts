/** IAM policies as JSON: one file per capability, made from what the code that asks AWS says it needs. */
import { type IamNeeds, policyOf } from '../src/domain/remediation/iam-right.ts';
import { account } from './roles.ts';

/**
 * Text of each file by its path below deploy/aws. Words in capitals are to be filled in: REGION, ACCOUNT_ID, LOG_GROUP,
 * OIDC_ID and CLUSTER. `policies` is what a role may do, `trust` who may be that role; IAM takes no comments.
 */
export const iamFiles = (needs: readonly IamNeeds[]): Map<string, string> =>
  new Map([
    ...needs.map((one): [string, string] => [`policies/${one.name}.json`, asJson(policyOf(one))]),
    ['trust/irsa.json', asJson(trustOfServiceAccount)],
    ['trust/pod-identity.json', asJson(trustOfPod)],
  ]);

/** Lists of words on one line, as the formatter has them. */
const asJson = (value: object): string =>
  `${JSON.stringify(value, null, 2).replace(/\[\n\s+("[^[\]{}]*")\n\s+\]/g, (_, words: string) => `[${words.replace(/\n\s+/g, ' ')}]`)}\n`;

const issuer = 'oidc.eks.REGION.amazonaws.com/id/OIDC_ID';

/** https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html */
const trustOfServiceAccount = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::ACCOUNT_ID:oidc-provider/${issuer}` },
      Action: ['sts:AssumeRoleWithWebIdentity'],
      Condition: {
        StringEquals: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:sub`]: `system:serviceaccount:${account.namespace}:${account.name}`,
        },
      },
    },
  ],
};

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html */
const trustOfPod = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: {
        StringEquals: {
          'aws:SourceAccount': 'ACCOUNT_ID',
          'aws:RequestTag/eks-cluster-name': 'CLUSTER',
          'aws:RequestTag/kubernetes-namespace': account.namespace,
          'aws:RequestTag/kubernetes-service-account': account.name,
        },
      },
    },
  ],
};
