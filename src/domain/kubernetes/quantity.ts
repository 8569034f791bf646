/** Amounts of memory as Kubernetes writes them: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */

const powers: Record<string, number> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** `256Mi`, `1.5G`, `1e9`, `1500000`; null for what is no amount. */
export const bytesOf = (quantity: string | number | undefined): number | null => {
  if (quantity === undefined) return null;
  const [, figure, power = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(String(quantity).trim()) ?? [];
  const factor = powers[power];
  return figure === undefined || factor === undefined ? null : Number(figure) * factor;
};

export const mebibyte = 2 ** 20;

/** Whole mebibytes, as people write limits. */
export const mebibytes = (bytes: number, round: (figure: number) => number): string => `${round(bytes / mebibyte)}Mi`;
