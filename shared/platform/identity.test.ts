import { describe, expect, it } from "vitest";
import { DEPLOYMENT_PLACES_MAX, type DeploymentIdentified } from "@apportion/events/catalogue";
import {
  ForeignDeploymentError,
  identify,
  identifyByPlace,
  placesInWords,
  recordThatHolds,
  type Authority,
} from "./identity.js";

const A = "aaaaaaaa-0000-4000-8000-000000000000";
const B = "bbbbbbbb-0000-4000-8000-000000000000";
const LOG = "11111111-0000-4000-8000-000000000000";
const OTHER_LOG = "22222222-0000-4000-8000-000000000000";
const FRESH = {
  deploymentId: "ffffffff-0000-4000-8000-000000000000",
  logId: LOG,
  at: new Date("2026-11-27T00:00:00Z"),
};
const ANYBODY: Authority = { replacesDatabase: false };
const OPERATOR: Authority = { replacesDatabase: true };

const record = (changes: Partial<DeploymentIdentified> = {}): DeploymentIdentified => ({
  deploymentId: A,
  logId: LOG,
  places: ["one:8123/apportion"],
  bound: true,
  at: "2026-11-01T00:00:00.000Z",
  ...changes,
});
const tables = (place: string, deploymentId?: string) => ({ place, deploymentId });

describe("whether log and tables are of one deployment", () => {
  it("gives a new log and new tables one id", () => {
    const first = identify(tables("one:8123/apportion"), undefined, FRESH, ANYBODY);
    expect(first).toMatchObject({ kind: "agreed", publish: true, mark: true });
    expect(first.record).toMatchObject({ deploymentId: FRESH.deploymentId, logId: LOG, bound: true });
  });

  it("gives a new log the id of its tables: the log was lost", () => {
    const decision = identify(tables("one:8123/apportion", A), undefined, FRESH, ANYBODY);
    expect(decision).toMatchObject({
      kind: "agreed",
      publish: true,
      mark: false,
      record: { deploymentId: A, logId: LOG },
    });
  });

  it("gives tables without an id that of the log, where the log says they are", () => {
    const decision = identify(tables("one:8123/apportion"), record(), FRESH, ANYBODY);
    expect(decision).toEqual({ kind: "agreed", record: record(), publish: false, mark: true });
  });

  it("refuses new tables elsewhere, unless an operator says that they replace the others: those are forgotten", () => {
    expect(identify(tables("two:8123/apportion"), record(), FRESH, ANYBODY)).toMatchObject({
      kind: "foreign",
      cause: "new tables elsewhere",
    });
    expect(identify(tables("two:8123/apportion"), record(), FRESH, OPERATOR)).toMatchObject({
      kind: "agreed",
      record: { deploymentId: A, places: ["two:8123/apportion"] },
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

  it("knows tables by another name too, and lets collectors use each of the names", () => {
    const decision = identify(tables("localhost:8123/apportion", A), record(), FRESH, ANYBODY);
    const places = ["localhost:8123/apportion", "one:8123/apportion"];
    expect(decision).toMatchObject({
      kind: "agreed",
      publish: true,
      mark: false,
      record: { deploymentId: A, logId: LOG, places },
    });
    for (const place of places) {
      expect(identifyByPlace(place, decision.record, FRESH)).toMatchObject({
        kind: "agreed",
        publish: false,
      });
      expect(identify(tables(place, A), decision.record, FRESH, ANYBODY)).toEqual({
        kind: "agreed",
        record: decision.record,
        publish: false,
        mark: false,
      });
    }
  });

  it("remembers the newest names only", () => {
    const places = Array.from({ length: DEPLOYMENT_PLACES_MAX }, (_, at) => `${at}:8123/apportion`);
    const decision = identify(tables("new:8123/apportion", A), record({ places }), FRESH, ANYBODY);
    expect(decision.record.places).toEqual(["new:8123/apportion", ...places.slice(0, -1)]);
  });

  it("names all places of the log to those that it refuses", () => {
    const known = record({ places: ["localhost:8123/apportion", "one:8123/apportion"] });
    const decision = identifyByPlace("two:8123/apportion", known, FRESH);
    if (decision.kind !== "foreign") throw new Error("It was not refused");
    const ours = tables("two:8123/apportion");
    const { message } = new ForeignDeploymentError("the event log", ours, decision, "");
    for (const place of [...known.places, ours.place]) expect(message).toContain(place);
    expect(placesInWords(record())).toBe("one:8123/apportion");
  });

  it("takes a collector's proposal back for the id that the tables have", () => {
    const proposal = record({ bound: false });
    expect(identify(tables("one:8123/apportion", B), proposal, FRESH, ANYBODY)).toMatchObject({
      kind: "agreed",
      publish: true,
      record: { deploymentId: B, logId: LOG, bound: true },
    });
    expect(identify(tables("two:8123/apportion", B), proposal, FRESH, ANYBODY).kind).toBe("foreign");
  });

  it("takes a collector's proposal for tables that have none", () => {
    expect(identify(tables("one:8123/apportion"), record({ bound: false }), FRESH, ANYBODY)).toMatchObject({
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
  const moved = record({ places: ["two:8123/apportion", "one:8123/apportion"] });

  it("is the first of those written at once, and the last of the same log", () => {
    expect(recordThatHolds([])).toBeUndefined();
    expect(recordThatHolds([record(), late])).toEqual({ record: record(), settled: false });
    expect(recordThatHolds([record(), late, record()])).toEqual({ record: record(), settled: true });
    expect(recordThatHolds([record(), late, record(), moved])).toEqual({ record: moved, settled: true });
  });
});
