import { describe, expect, it } from "vitest";
import type { DeploymentIdentified } from "@apportion/events/catalogue";
import { identify, identifyByPlace, recordThatHolds, type Authority } from "./identity.js";

const A = "aaaaaaaa-0000-4000-8000-000000000000";
const B = "bbbbbbbb-0000-4000-8000-000000000000";
const LOG = "11111111-0000-4000-8000-000000000000";
const OTHER_LOG = "22222222-0000-4000-8000-000000000000";
const FRESH = {
  deploymentId: "ffffffff-0000-4000-8000-000000000000",
  logId: LOG,
  at: new Date("2026-11-27T00:00:00Z"),
};
const COMMAND: Authority = { recordsMoves: false, replacesDatabase: false };
const SERVICE: Authority = { recordsMoves: true, replacesDatabase: false };
const OPERATOR: Authority = { recordsMoves: true, replacesDatabase: true };

const record = (changes: Partial<DeploymentIdentified> = {}): DeploymentIdentified => ({
  deploymentId: A,
  logId: LOG,
  database: "one:8123/apportion",
  bound: true,
  at: "2026-11-01T00:00:00.000Z",
  ...changes,
});
const tables = (database: string, deploymentId?: string) => ({ database, deploymentId });

describe("whether log and tables are of one deployment", () => {
  it("gives a new log and new tables one id", () => {
    const first = identify(tables("one:8123/apportion"), undefined, FRESH, COMMAND);
    expect(first).toMatchObject({ kind: "agreed", publish: true, mark: true });
    expect(first.record).toMatchObject({ deploymentId: FRESH.deploymentId, logId: LOG, bound: true });
  });

  it("gives a new log the id of its tables: the log was lost", () => {
    const decision = identify(tables("one:8123/apportion", A), undefined, FRESH, COMMAND);
    expect(decision).toMatchObject({
      kind: "agreed",
      publish: true,
      mark: false,
      record: { deploymentId: A, logId: LOG },
    });
  });

  it("gives tables without an id that of the log, where the log says they are", () => {
    const decision = identify(tables("one:8123/apportion"), record(), FRESH, COMMAND);
    expect(decision).toEqual({ kind: "agreed", record: record(), publish: false, mark: true });
  });

  it("refuses new tables elsewhere, unless an operator says that they replace the others", () => {
    expect(identify(tables("two:8123/apportion"), record(), FRESH, SERVICE)).toMatchObject({
      kind: "foreign",
      cause: "new tables elsewhere",
    });
    expect(identify(tables("two:8123/apportion"), record(), FRESH, OPERATOR)).toMatchObject({
      kind: "agreed",
      record: { deploymentId: A, database: "two:8123/apportion" },
      publish: true,
      mark: true,
    });
  });

  it("refuses tables of another deployment, wherever they are and whoever asks", () => {
    for (const place of ["one:8123/apportion", "two:8123/apportion"])
      expect(identify(tables(place, B), record(), FRESH, OPERATOR)).toMatchObject({
        kind: "foreign",
        cause: "other id",
      });
  });

  it("knows tables that were moved; a service writes it down, a command from somebody's desk does not", () => {
    const moved = tables("two:8123/apportion", A);
    expect(identify(moved, record(), FRESH, SERVICE)).toMatchObject({
      publish: true,
      record: { deploymentId: A, logId: LOG, database: "two:8123/apportion" },
    });
    expect(identify(moved, record(), FRESH, COMMAND)).toEqual({
      kind: "agreed",
      record: record(),
      publish: false,
      mark: false,
    });
  });

  it("takes a collector's proposal back for the id that the tables have", () => {
    const proposal = record({ bound: false });
    expect(identify(tables("one:8123/apportion", B), proposal, FRESH, COMMAND)).toMatchObject({
      kind: "agreed",
      publish: true,
      record: { deploymentId: B, logId: LOG, bound: true },
    });
    expect(identify(tables("two:8123/apportion", B), proposal, FRESH, SERVICE).kind).toBe("foreign");
  });

  it("takes a collector's proposal for tables that have none", () => {
    expect(identify(tables("one:8123/apportion"), record({ bound: false }), FRESH, COMMAND)).toMatchObject({
      publish: true,
      mark: true,
      record: { deploymentId: A, bound: true },
    });
  });

  it("compares a collector's place with the log's, and lets the first one propose", () => {
    expect(identifyByPlace("one:8123/apportion", undefined, FRESH)).toMatchObject({
      publish: true,
      record: { deploymentId: FRESH.deploymentId, bound: false },
    });
    expect(identifyByPlace("one:8123/apportion", record(), FRESH)).toMatchObject({ publish: false });
    expect(identifyByPlace("one:8123/other", record(), FRESH)).toMatchObject({
      kind: "foreign",
      cause: "configured elsewhere",
    });
  });
});

describe("which of the records holds", () => {
  const late = record({ logId: OTHER_LOG, deploymentId: B });
  const moved = record({ database: "two:8123/apportion" });

  it("is the first of those written at once, and the last of the same log", () => {
    expect(recordThatHolds([])).toBeUndefined();
    expect(recordThatHolds([record(), late])).toEqual({ record: record(), settled: false });
    expect(recordThatHolds([record(), late, record()])).toEqual({ record: record(), settled: true });
    expect(recordThatHolds([record(), late, record(), moved])).toEqual({ record: moved, settled: true });
  });
});
