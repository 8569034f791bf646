/** For tests of clusters: reaching for anything else is a fault. */
export const noOtherWays = {
  database: (name: string): never => {
    throw new Error(`the test knows no database ${name}`);
  },
  endpoint: (name: string): never => {
    throw new Error(`the test knows no endpoint ${name}`);
  },
};
