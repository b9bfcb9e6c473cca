import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { allocatorEntry } from "@apportion/allocator/entry";
import { NO_ACCOUNT } from "@apportion/domain/tenancy";
import { checkChannels } from "@apportion/notifier/channels/config";
import { checkExplorer, explorerConfig } from "@apportion/explorer/config";
import { notifierEntry } from "@apportion/notifier/entry";
import { platformConfig } from "@apportion/platform/config";
import { dollarOwners, type DollarOwners } from "@apportion/platform/dollar-owners";
import type { OtherSections } from "@apportion/platform/entry";
import { policiesOf, type ExpectedReading } from "@apportion/registry/allocation";
import { withBudgetsFile } from "@apportion/registry/budgets-file";
import { checkPolicies, type KnownNames } from "@apportion/registry/check-policies";
import { checkRegistry, checkTenants, toRegistry } from "@apportion/registry/config";
import {
  ConfigError,
  configJsonSchema,
  parseConfig,
  readConfigText,
  type ConfigCheck,
  type ConfigSource,
} from "@apportion/runtime/config";
import { COLLECTORS, requireDistinct, type AnyCollector, type SectionSchemas } from "./collectors.js";

/** Of the sections of collectors, those are typed that every deployment may have. */
function schemaOf(collectors: readonly AnyCollector[]) {
  const sections = Object.fromEntries(
    collectors.map(({ section, schema, written = schema, meaning }) => [
      section,
      written.optional().describe(meaning),
    ]),
  ) as unknown as SectionSchemas<typeof COLLECTORS>;
  const others = {
    allocation: allocatorEntry.schema.describe("How shared cost is split"),
    notifier: notifierEntry.schema.optional().describe("Budget alerts and monthly reports by e-mail"),
    explorer: explorerConfig.prefault({}).describe("Pages and API: what everybody sees, and why"),
  };
  requireDistinct(collectors, Object.keys({ ...platformConfig, ...others }));
  return z.strictObject({ ...platformConfig, ...sections, ...others });
}

/** The whole of `apportion.yaml`: what services share, and a section for each of them. A service without one does not run. */
export const apportionConfig = schemaOf(COLLECTORS);
type WrittenConfig = z.output<typeof apportionConfig>;

/** As written, with `bill: none` told apart from a bill that is read. */
export type ApportionConfig = Omit<WrittenConfig, "bill"> & {
  readonly bill?: Exclude<WrittenConfig["bill"], "none">;
  /** Whether the deployment declares that there is no bill. */
  readonly isWithoutBill: boolean;
  /** Those whose sections it can have. */
  readonly collectors: readonly AnyCollector[];
  /** What it was read from: the files may say something else by now. */
  readonly readFrom: NamedText & { readonly budgets?: NamedText };
};

/** The section of a service, as it is given to it; undefined where the configuration has none. */
export function sectionOf(config: ApportionConfig, { section }: { readonly section: string }): unknown {
  return Reflect.get(config, section);
}

/** The collectors that have a section, each with its own. */
export function configuredCollectors(
  config: ApportionConfig,
): { readonly collector: AnyCollector; readonly section: never }[] {
  return config.collectors.flatMap((collector) => {
    const section = sectionOf(config, collector);
    return section === undefined ? [] : [{ collector, section: section as never }];
  });
}

function othersOf(config: ApportionConfig): OtherSections {
  return {
    accounts: config.aws?.accounts ?? [],
    clusters: configuredCollectors(config).flatMap(
      ({ collector, section }) => collector.clusters?.(section) ?? [],
    ),
  };
}

/** Readings that the configured collectors make every day: a day without one of them is incomplete. */
export function readingsOf(config: ApportionConfig): ExpectedReading[] {
  const others = othersOf(config);
  return configuredCollectors(config).flatMap(({ collector, section }) =>
    collector.readings(section, others),
  );
}

export function withDerivedReadings(config: ApportionConfig): ApportionConfig {
  const expectedReadings = [...readingsOf(config), ...config.allocation.expectedReadings];
  const others = othersOf(config);
  const completed = Object.fromEntries(
    configuredCollectors(config).map(({ collector, section }) => [
      collector.section,
      collector.completed?.(section, others) ?? section,
    ]),
  ) as Partial<ApportionConfig>;
  return { ...config, ...completed, allocation: { ...config.allocation, expectedReadings } };
}

/** Who charges which dollar: the collectors of which a day is incomplete without a reading. */
export function dollarOwnersOf(config: ApportionConfig): DollarOwners {
  const owned = config.collectors.flatMap(({ owns }) => owns);
  const registry = toRegistry(config, config.aws?.accounts[0]);
  return dollarOwners(owned, config.allocation.expectedReadings, registry);
}

/**
 * Reads and checks a configuration file, with the secrets of all sections or of some.
 * @throws ConfigError with every mistake and its line.
 */
export function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  secretsOf?: readonly string[],
  collectors?: readonly AnyCollector[],
  budgets?: NamedText,
): ApportionConfig {
  return parseApportionConfig({ file, text: readConfigText(file), env, secretsOf }, collectors, budgets);
}

/** A file and what is in it. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** @param budgets instead of the budgets file that the configuration names */
export function parseApportionConfig(
  source: ConfigSource,
  collectors: readonly AnyCollector[] = COLLECTORS,
  budgets?: NamedText,
): ApportionConfig {
  const ofCollectors = collectors.flatMap(
    ({ checks = [] }) => checks as readonly unknown[] as readonly ConfigCheck<WrittenConfig>[],
  );
  const schema = collectors === COLLECTORS ? apportionConfig : schemaOf(collectors);
  const config = parseConfig(source, schema, [
    { check: checkRegistry },
    { namesOf: ["teams"], check: checkTenants },
    { needs: ["aws"], check: (written) => checkAws(written, collectors) },
    { namesOf: ["aws"], check: checkAccounts },
    { namesOf: ["teams", "departments", "costCenters"], check: checkChannels },
    { needs: ["explorer"], namesOf: ["teams"], check: checkExplorer },
    ...ofCollectors,
    {
      namesOf: ["teams", "sharedServices"],
      check: (written, isWhole) => {
        const { meters, ...names } = knownNames(declared(written, collectors, source));
        const known = { ...names, ...(isWhole("usage") && { meters }) };
        return checkPolicies(policiesOf(written.allocation), known, ["allocation"], isWhole("allocation"));
      },
    },
  ]);
  const given = budgets ?? budgetsFileOf(config, source);
  const { file, text } = source;
  return declared(withBudgets(config, given), collectors, { file, text, ...(given && { budgets: given }) });
}

/** What the configuration names; read at each start. @throws ConfigError when it cannot be */
function budgetsFileOf(
  { budgetsFile }: Pick<WrittenConfig, "budgetsFile">,
  source: ConfigSource,
): NamedText | undefined {
  if (budgetsFile === undefined) return undefined;
  const file = budgetsPath(source.file, budgetsFile);
  try {
    return { file, text: readFileSync(file, "utf8") };
  } catch (error) {
    const message = `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): put it there with \`apportion budgets import\`, or leave the option out`;
    throw new ConfigError(source.file, [{ path: "budgetsFile", message }]);
  }
}

/** Where the budgets file of a configuration lies. */
export function budgetsPath(configFile: string, budgetsFile: string): string {
  return resolve(dirname(configFile), budgetsFile);
}

/** @throws ConfigError with every mistake in the file and its line */
function withBudgets(config: WrittenConfig, budgets: NamedText | undefined): WrittenConfig {
  if (!budgets) return config;
  const merged = withBudgetsFile(config, budgets.text);
  if (merged.problems.length > 0) throw new ConfigError(budgets.file, merged.problems, "The file");
  return merged.config;
}

function declared(
  { bill, ...config }: WrittenConfig,
  collectors: readonly AnyCollector[],
  readFrom: ApportionConfig["readFrom"],
): ApportionConfig {
  const isWithoutBill = bill === "none";
  return {
    ...config,
    collectors,
    isWithoutBill,
    readFrom,
    ...(bill !== undefined && bill !== "none" && { bill }),
  };
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
function checkAws(
  written: WrittenConfig,
  collectors: readonly AnyCollector[],
): { path: string[]; message: string }[] {
  const { aws, bill, ...sections }: Record<string, unknown> = written;
  const readers = collectors
    .filter(({ uses, section }) => uses.includes("aws") && sections[section] !== undefined)
    .map(({ section }) => section);
  if (bill === "none")
    return [...(aws === undefined ? [] : ["aws"]), ...readers].map((name) => ({
      path: [name],
      message: "is of a bill, and `bill: none` says that there is none: leave out one of them",
    }));
  const needing = [...readers, ...(bill === undefined ? [] : ["bill"])];
  return aws === undefined
    ? needing.map((name) => ({
        path: [name],
        message: "needs the section `aws`, which says whose bill is read",
      }))
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

export function apportionJsonSchema(collectors: readonly AnyCollector[] = COLLECTORS): object {
  return { title: "apportion.yaml", ...configJsonSchema(schemaOf(collectors)) };
}
