import { plainName } from "./identifier.js";
import { tokens } from "./sql-text.js";

/**
 * Statements that make tables and views are written once, for one server and for a cluster. What differs stands in braces:
 *
 * | written                                        | on one server                                | on a cluster                                     |
 * | ---------------------------------------------- | -------------------------------------------- | ------------------------------------------------ |
 * | `{onCluster}`                                  | nothing                                      | ON CLUSTER `name`                                |
 * | `{MergeTree}`, `{ReplacingMergeTree(version)}` | MergeTree, …                                 | ReplicatedMergeTree, …                           |
 * | `{deduplicates 1000 inserts}`                  | `non_replicated_deduplication_window = 1000` | `replicated_deduplication_window = 1000, …`      |
 *
 * A replicated engine without arguments has the server's `default_replica_path` and `default_replica_name`, which are
 * `/clickhouse/tables/{uuid}/{shard}` and `{replica}` unless somebody changed them. `{uuid}` is one for all replicas only where a statement
 * runs ON CLUSTER in an Atomic database, so the two go together.
 *
 * @param cluster its name; undefined on one server
 * @throws TypeError at braces that say something else
 */
export function expandForCluster(sql: string, cluster: string | undefined): string {
  let expanded = "";
  let opened: number | undefined;
  for (const { kind, start, end } of tokens(sql)) {
    const text = sql.slice(start, end);
    if (kind === "symbol" && text === "{") opened = end;
    else if (opened === undefined) expanded += text;
    else if (kind === "symbol" && text === "}") {
      expanded += meaningOf(sql.slice(opened, start), cluster);
      opened = undefined;
    }
  }
  if (opened !== undefined) throw new TypeError(`A brace is not closed: {${sql.slice(opened, opened + 40)}`);
  return expanded;
}

/** `ON CLUSTER …`; empty on one server. */
export function onCluster(cluster: string | undefined): string {
  return cluster === undefined ? "" : `ON CLUSTER \`${clusterName(cluster)}\``;
}

const ENGINE = /^(?:Replacing)?MergeTree(?:\(\w+\))?$/;
const DEDUPLICATES = /^deduplicates (\d+) inserts$/;

/**
 * Ten years. Keeper forgets a token when there are enough newer ones or when it is this old, and the default of an hour (a week in older
 * servers) is shorter than a service may stand still between an insert and its repeat. One server counts inserts alone, and so do we.
 */
const REMEMBERED_SECONDS = 10 * 365 * 24 * 3_600;

function meaningOf(written: string, cluster: string | undefined): string {
  if (written === "onCluster") return onCluster(cluster);
  if (ENGINE.test(written)) return cluster === undefined ? written : `Replicated${written}`;
  const inserts = DEDUPLICATES.exec(written)?.[1];
  if (inserts === undefined)
    throw new TypeError(
      `{${written}} means nothing: {onCluster}, {MergeTree}, {ReplacingMergeTree(version)} and {deduplicates 1000 inserts} do`,
    );
  return cluster === undefined
    ? `non_replicated_deduplication_window = ${inserts}`
    : `replicated_deduplication_window = ${inserts}, replicated_deduplication_window_seconds = ${REMEMBERED_SECONDS}`;
}

/** As plain as a name of a table, and hyphens. */
function clusterName(name: string): string {
  plainName(name.replaceAll("-", "_"));
  return name;
}
