import { describe, expect, it } from "vitest";
import { expandForCluster } from "./cluster-sql.js";

const TABLE = `CREATE TABLE IF NOT EXISTS a {onCluster} (x UInt8 COMMENT '{onCluster}') -- {what}
ENGINE = {ReplacingMergeTree(x)} ORDER BY x SETTINGS {deduplicates 100 inserts}`;

describe("expandForCluster", () => {
  it("says on one server what one server takes", () => {
    expect(expandForCluster(TABLE, undefined)).toBe(
      `CREATE TABLE IF NOT EXISTS a  (x UInt8 COMMENT '{onCluster}') -- {what}
ENGINE = ReplacingMergeTree(x) ORDER BY x SETTINGS non_replicated_deduplication_window = 100`,
    );
    expect(expandForCluster("ENGINE = {MergeTree}", undefined)).toBe("ENGINE = MergeTree");
  });

  it("replicates on a cluster, and forgets no insert before there are enough newer ones", () => {
    expect(expandForCluster(TABLE, "eu-1")).toBe(
      `CREATE TABLE IF NOT EXISTS a ON CLUSTER \`eu-1\` (x UInt8 COMMENT '{onCluster}') -- {what}
ENGINE = ReplicatedReplacingMergeTree(x) ORDER BY x SETTINGS replicated_deduplication_window = 100, replicated_deduplication_window_seconds = 315360000`,
    );
    expect(expandForCluster("ENGINE = {MergeTree}", "eu")).toBe("ENGINE = ReplicatedMergeTree");
  });

  it.each([
    ["{oncluster}", "{oncluster} means nothing"],
    ["{Log}", "{Log} means nothing"],
    ["{deduplicates many inserts}", "means nothing"],
    ["{x:UInt8}", "{x:UInt8} means nothing"],
    ["SELECT {onCluster", "A brace is not closed"],
  ])("refuses %s", (sql, message) => {
    expect(() => expandForCluster(sql, undefined)).toThrow(message);
  });

  it("takes no name of a cluster for more than a name", () => {
    expect(() => expandForCluster("{onCluster}", "a` DROP")).toThrow("Not a plain name");
  });
});
