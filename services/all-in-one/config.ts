import { z } from "zod";
import { allocatorEntry } from "@apportion/allocator/entry";
import { billEntry } from "@apportion/collector-bill/entry";
import { kubecostEntry } from "@apportion/collector-kubecost/entry";
import { networkEntry } from "@apportion/collector-network/entry";
import { s3Entry } from "@apportion/collector-s3/entry";
import { usageEntry } from "@apportion/collector-usage/entry";
import type { PartOwner } from "@apportion/domain/facts";
import { accountOf, NO_ACCOUNT } from "@apportion/domain/tenancy";
import { notifierEntry } from "@apportion/notifier/entry";
import { platformConfig } from "@apportion/platform/config";
import { policiesOf, type ExpectedReading } from "@apportion/registry/allocation";
import { checkPolicies, type KnownNames } from "@apportion/registry/check-policies";
import { checkRegistry, checkTenants, toRegistry } from "@apportion/registry/config";
import { configJsonSchema, parseConfig, readConfigText } from "@apportion/runtime/config";

/** The whole of `apportion.yaml`: what services share, and a section for each of them. A service without one does not run. */
export const apportionConfig = z.strictObject({
  ...platformConfig,
  kubecost: kubecostEntry.schema.optional().describe("Kubernetes costs from Kubecost or OpenCost"),
  s3: s3Entry.schema
    .optional()
    .describe("S3 costs by tag from AWS Cost Explorer, and the buckets behind them"),
  network: networkEntry.schema
    .optional()
    .describe("Network costs of the bill, attributed to namespaces by their bytes"),
  bill: z
    .union([z.literal("none"), billEntry.schema])
    .optional()
    .describe(
      "The rest of the bill: other services by tag, tax, support, credits; and the whole of it to reconcile with. `none` says that there is no bill, as on other clouds and machines of one's own: statements are at list price, and months close without it",
    ),
  usage: usageEntry.schema.optional().describe("Usage of shared services, by which their cost is split"),
  allocation: allocatorEntry.schema.describe("How shared cost is split"),
  notifier: notifierEntry.schema.optional().describe("Budget alerts and monthly reports by e-mail"),
});
type WrittenConfig = z.output<typeof apportionConfig>;

/** As written, with `bill: none` told apart from a bill that is read. */
export type ApportionConfig = Omit<WrittenConfig, "bill"> & {
  readonly bill?: Exclude<WrittenConfig["bill"], "none">;
  /** Whether the deployment declares that there is no bill. */
  readonly isWithoutBill: boolean;
};

/** Readings that the configured collectors make every day: a day without one of them is incomplete. */
export function readingsOf(config: ApportionConfig): ExpectedReading[] {
  return [
    ...(config.kubecost?.clusters ?? []).map(({ id }) => ({
      dataset: "cost" as const,
      source: "kubecost",
      scope: id,
    })),
    ...(config.aws?.accounts ?? []).flatMap((account) => [
      ...(config.s3 ? [{ dataset: "cost" as const, source: "s3", scope: account }] : []),
      ...(config.network ? [{ dataset: "cost" as const, source: "network", scope: account }] : []),
      ...(config.bill
        ? (["cost", "bill"] as const).map((dataset) => ({ dataset, source: "aws-bill", scope: account }))
        : []),
    ]),
    ...(["mlflow", "prometheus"] as const).flatMap((source) =>
      (config.usage?.[source] ?? []).map(({ name, meter }) => ({
        dataset: "usage" as const,
        source,
        scope: name,
        meter,
      })),
    ),
  ];
}

export function withDerivedReadings(config: ApportionConfig): ApportionConfig {
  const expectedReadings = [...readingsOf(config), ...config.allocation.expectedReadings];
  return { ...withOnlyCluster(config), allocation: { ...config.allocation, expectedReadings } };
}

/** Where there is one cluster, a meter that counts namespaces counts those of it. */
function withOnlyCluster(config: ApportionConfig): ApportionConfig {
  const [only, ...more] = config.kubecost?.clusters ?? [];
  if (!config.usage || only === undefined || more.length > 0) return config;
  const prometheus = config.usage.prometheus.map((meter) =>
    meter.ownedBy === "namespace" ? { cluster: only.id, ...meter } : meter,
  );
  return { ...config, usage: { ...config.usage, prometheus } };
}

/** Who charges a part of an account's bill: the collectors of which a day of the account is incomplete without a reading. */
export function partOwnersOf(config: ApportionConfig): (account: string) => ReadonlySet<PartOwner> {
  const registry = toRegistry(config, config.aws?.accounts[0]);
  const costs = config.allocation.expectedReadings.filter(({ dataset }) => dataset === "cost");
  return (account) =>
    new Set(
      (["kubecost", "s3", "network"] as const).filter((owner) =>
        costs.some(
          ({ source, scope }) =>
            source === owner && (owner === "kubecost" ? accountOf(registry, scope) : scope) === account,
        ),
      ),
    );
}

/**
 * Reads and checks a configuration file, with the secrets of all sections or of some.
 * @throws ConfigError with every mistake and its line.
 */
export function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  secretsOf?: readonly string[],
): ApportionConfig {
  return parseApportionConfig({ file, text: readConfigText(file), env, secretsOf });
}

export function parseApportionConfig(source: Parameters<typeof parseConfig>[0]): ApportionConfig {
  const config = parseConfig(source, apportionConfig, [
    { check: checkRegistry },
    { namesOf: ["teams"], check: checkTenants },
    { needs: ["aws"], check: checkAws },
    { check: checkIdle },
    { namesOf: ["aws"], check: checkAccounts },
    { needs: ["aws", "kubecost", "clusters"], check: checkChargedNetwork },
    {
      namesOf: ["teams", "sharedServices"],
      check: (written, isWhole) => {
        const { meters, ...names } = knownNames(declared(written));
        const known = { ...names, ...(isWhole("usage") && { meters }) };
        return checkPolicies(policiesOf(written.allocation), known, ["allocation"], isWhole("allocation"));
      },
    },
  ]);
  return declared(config);
}

function declared({ bill, ...config }: WrittenConfig): ApportionConfig {
  const isWithoutBill = bill === "none";
  return { ...config, isWithoutBill, ...(bill !== undefined && bill !== "none" && { bill }) };
}

/** Why no month could ever be closed under a configuration; undefined where months can. */
export function neverCloses({
  bill,
  isWithoutBill,
}: Pick<ApportionConfig, "bill" | "isWithoutBill">): string | undefined {
  return bill !== undefined || isWithoutBill
    ? undefined
    : "No bill is read, so no month can ever be closed: configure the sections `aws` and `bill`, or say `bill: none` where there is no bill; statements are then at list price.";
}

/** What policies may name. */
export function knownNames(config: ApportionConfig): KnownNames {
  return {
    teams: config.teams.map(({ id, from, to }) => ({ id, ...(from && { from }), ...(to && { to }) })),
    sharedServices: config.sharedServices.map((service) => service.id),
    meters: readingsOf(config).flatMap(({ meter }) => (meter === undefined ? [] : [meter])),
  };
}

/** The collectors that read the AWS bill need to know whose it is. */
function checkAws({ aws, s3, network, bill }: WrittenConfig): { path: string[]; message: string }[] {
  if (bill === "none")
    return Object.entries({ aws, s3, network })
      .filter(([, section]) => section !== undefined)
      .map(([name]) => ({
        path: [name],
        message: "is of a bill, and `bill: none` says that there is none: leave out one of them",
      }));
  const needing = Object.entries({ s3, network, bill }).filter(([, section]) => section !== undefined);
  return aws === undefined && needing.length > 0
    ? needing.map(([name]) => ({
        path: [name],
        message: "needs the section `aws`, which says whose bill is read",
      }))
    : [];
}

/** Idle of a cluster as a whole has no node, and so would be in no pool of nodes. */
function checkIdle({ clusters, kubecost }: WrittenConfig): { path: string[]; message: string }[] {
  const named = clusters.filter(({ nodePools }) => nodePools.length > 0).map(({ id }) => id);
  return kubecost?.idle === "cluster" && named.length > 0
    ? [
        {
          path: ["kubecost", "idle"],
          message: `the node pools of ${named.join(", ")} need idle capacity of each node: node`,
        },
      ]
    : [];
}

/** A cluster on the bill of an account that nobody reads would be at list price for ever, and no month would close. */
function checkAccounts({ aws, clusters }: WrittenConfig): { path: (string | number)[]; message: string }[] {
  return clusters.flatMap(({ account }, index) =>
    account === undefined || account === NO_ACCOUNT || aws === undefined || aws.accounts.includes(account)
      ? []
      : [
          {
            path: ["clusters", index, "account"],
            message: `no bill of ${account} is read: name it in aws.accounts`,
          },
        ],
  );
}

/** The bill of a cluster has its network, which would be charged twice. */
function checkChargedNetwork(config: WrittenConfig): { path: (string | number)[]; message: string }[] {
  const registry = toRegistry(config, config.aws?.accounts[0]);
  return (config.kubecost?.clusters ?? []).flatMap(({ id, chargeNetwork }, index) => {
    const account = chargeNetwork ? accountOf(registry, id) : undefined;
    const message = `its network is on the bill of ${account}; it can be charged for a cluster on no bill (clusters[].account: none)`;
    return account === undefined ? [] : [{ path: ["kubecost", "clusters", index, "chargeNetwork"], message }];
  });
}

export function apportionJsonSchema(): object {
  return { title: "apportion.yaml", ...configJsonSchema(apportionConfig) };
}
