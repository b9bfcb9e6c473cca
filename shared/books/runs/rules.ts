import { z } from "zod";
import type { Policies } from "@apportion/allocation/policy";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { Registry, Team } from "@apportion/domain/tenancy";
import type { ExpectedReading } from "@apportion/registry/allocation";
import { InvariantError } from "./invariant-error.js";
import type { AllocationRules } from "./inputs.js";

/**
 * Raised whenever the same registry and policies come to give other lines, so that months that are open are allocated again; closed ones
 * keep their runs. 2: owners by the first dimension that differs, S3 by service, no share of a day for a team that is not there,
 * step-down by id.
 */
export const SEMANTICS = 2;

const VERSION = defineQuery({
  name: "allocation rules",
  sql: `SELECT content, toString(activated_at) AS activated_at FROM configuration_versions
WHERE kind = 'allocation' AND (activated_at = {activatedAt:String} OR {activatedAt:String} = '')
ORDER BY activated_at DESC, hash DESC LIMIT 1`,
  params: z.object({ activatedAt: z.string() }),
  row: z.object({ content: z.string(), activated_at: z.string() }),
});

type Content = Pick<Registry, "sharedServices" | "dedicatedClusters" | "rules" | "accounts"> & {
  readonly teams: readonly Omit<Team, "contacts" | "budgets">[];
  /** Absent from rules that were recorded before there were any. */
  readonly nodePools?: Registry["nodePools"];
  readonly policies: Policies;
  readonly expectedReadings: readonly ExpectedReading[];
  /** Absent from rules that were recorded before it was. */
  readonly semantics?: number;
};

/**
 * Rules as they were recorded: those in force since `activatedAt`, or the latest. Contacts and budgets are not part of them.
 * @throws Error when none were ever recorded; InvariantError when those of a moment are not there any more
 */
export async function recordedRules(clickhouse: ClickHouse, activatedAt = ""): Promise<AllocationRules> {
  const [version] = await select(clickhouse, VERSION, { activatedAt });
  if (!version && activatedAt !== "")
    throw new InvariantError(`The rules of ${activatedAt} are not recorded`);
  if (!version)
    throw new Error("No allocation rules are recorded yet: run `apportion allocate` or `apportion up` first");
  const {
    nodePools = [],
    teams,
    sharedServices,
    dedicatedClusters,
    rules,
    accounts,
    policies,
    expectedReadings,
    semantics,
  } = JSON.parse(version.content) as Content;
  const registry = {
    teams: teams.map((team) => ({ ...team, contacts: [], budgets: [] })),
    sharedServices,
    dedicatedClusters,
    nodePools,
    rules,
    ...(accounts && { accounts }),
  };
  const recorded = { registry, policies, expectedReadings, activatedAt: version.activated_at };
  return semantics === undefined ? recorded : { ...recorded, semantics };
}
