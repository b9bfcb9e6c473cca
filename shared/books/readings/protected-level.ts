import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";

/** Of a pattern, in the order in which names are held against it below. */
const COLUMNS = "level, cluster, namespace, controller, team_label, service";

/** For a query's `WITH`: whose names analysts' views hide, and by which patterns they are known. */
export const OWNERSHIP = `(SELECT groupArray((${COLUMNS}, team_id)) FROM protected_ownership) AS ownership`;

const IS_PROTECTED = `each -> cluster LIKE each.2 AND namespace LIKE each.3 AND controller LIKE each.4 AND team_label LIKE each.5
  AND service LIKE each.6`;

/** hipaa or pci where cells with these columns are of such a team, else empty: of one named thing, since each is held against every pattern. Needs {@link OWNERSHIP}, or {@link ownershipAtHand}. */
export const PROTECTED_LEVEL = `arrayFirst(${IS_PROTECTED}, ownership).1`;

/** The level of what these rows of ownership match, and the team whose alone it may be: empty where several have a rule for it, whatever its dates. */
export function protectedColumns(isProtected: string): string {
  return `(arrayFilter(${isProtected}, ownership) AS protecting)[1].1 AS protected_level,
  if(arrayUniq(arrayMap(each -> each.7, protecting)) = 1, protecting[1].7, '') AS protected_team`;
}

/** {@link PROTECTED_LEVEL}, and the only team that may read the names all the same where they are told to teams themselves. */
export const PROTECTED = protectedColumns(IS_PROTECTED);

const PATTERNS = defineQuery({
  name: "patterns of protected names",
  sql: `SELECT [${COLUMNS}] AS pattern FROM protected_ownership`,
  params: z.object({}),
  row: z.object({ pattern: z.array(z.string()) }),
});
/** Whether there is anybody whose names are not for everybody. */
export async function hasProtectedNames(clickhouse: ClickHouse): Promise<boolean> {
  return (await select(clickhouse, PATTERNS, {})).length > 0;
}

const BOUND_OWNERSHIP = `arrayMap(each -> (${[1, 2, 3, 4, 5, 6].map((at) => `each[${at}]`).join(", ")}), {protectedPatterns:Array(Array(String))}) AS ownership`;
/** A server takes 128 KiB as a parameter. */
const BOUND_CHARACTERS_MAX = 64 * 1024;

/** {@link OWNERSHIP} for queries that need {@link PROTECTED_LEVEL} and are asked often: read once and bound, since to look for it takes a third of a small one. */
export interface OwnershipAtHand {
  /** For a query's `WITH`. */
  readonly ownership: string;
  /** Parameter of the query. */
  readonly protectedPatterns: string[][];
}
export const ofOwnershipAtHand = { protectedPatterns: z.array(z.array(z.string())) };

/** It holds as long as the books are the same. Of a great many patterns each question looks for itself. */
export async function ownershipAtHand(clickhouse: ClickHouse): Promise<OwnershipAtHand> {
  const patterns = (await select(clickhouse, PATTERNS, {})).map(({ pattern }) => pattern);
  return JSON.stringify(patterns).length > BOUND_CHARACTERS_MAX
    ? { ownership: OWNERSHIP, protectedPatterns: [] }
    : { ownership: BOUND_OWNERSHIP, protectedPatterns: patterns };
}
