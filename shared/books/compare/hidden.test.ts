import { expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { EVERYBODY, type Viewer, WITHOUT_NAMES } from "../viewer.js";
import type { MonthComparison, PayerComparison, PrintedMovement } from "./comparison.js";
import { asSeenBy } from "./hidden.js";
import { movement, WORKLOAD } from "./testing.js";

const HIPAA = { protectedLevel: "hipaa", protectedTeam: "imaging" };
const OTHERS = { before: ["team/search", "team/ads", "unallocated/"], after: ["pool/mlflow"] };
const MOVEMENTS = [
  movement({}),
  movement(HIPAA),
  movement({ ...HIPAA, controller: "tumor-labels" }),
  movement({ namespace: "moved" }, { effect: "ownership", others: OTHERS }),
];

const owed = { picos: 0n, charged: 0n, corrections: 0n };
const payer = (teamId: string): PayerComparison => ({
  ownerKind: "team",
  teamId,
  before: owed,
  after: owed,
  difference: 0n,
  effects: [],
  movements: MOVEMENTS,
});
const head = { days: [], leftOut: [], isClosed: false, incompleteDays: [], missing: [], beforeTheBill: [] };
const COMPARISON: MonthComparison = {
  isWhole: true,
  before: { ...head, month: parseBillingPeriod("2026-10") },
  after: { ...head, month: parseBillingPeriod("2026-11") },
  payers: [payer("imaging"), payer("search")],
  total: { before: owed, after: owed, difference: 0n, effects: [] },
};

const seenBy = (viewer: Viewer, of: string): readonly PrintedMovement[] =>
  asSeenBy(viewer, COMPARISON).payers.find(({ teamId }) => teamId === of)?.movements ?? [];

it("who sees everything sees a comparison as it is", () => {
  expect(asSeenBy(EVERYBODY, COMPARISON)).toBe(COMPARISON);
});

it("names that are not for everybody are hidden, and what cannot be told apart then is one", () => {
  const seen = seenBy(WITHOUT_NAMES, "imaging");
  expect(seen.map(({ subject, picos, before, after }) => [subject, picos, before, after])).toEqual([
    [{ ...WORKLOAD, protectedLevel: "hipaa", controller: "hidden (hipaa)" }, 2n, 4n, 6n],
    [WORKLOAD, 1n, 2n, 3n],
    [{ ...WORKLOAD, namespace: "moved" }, 1n, 2n, 3n],
  ]);
  expect(seen[0]?.quantity).toEqual({ before: 2n * 10n ** 12n, after: 4n * 10n ** 12n });
  expect(seen[2]?.others).toEqual(OTHERS);
});

it("a lead sees the names of its own team, and of another only that it is another", () => {
  const lead: Viewer = { teams: ["imaging", "search"], namesOf: ["imaging"] };
  const own = seenBy(lead, "imaging");
  expect(own.slice(0, 3)).toEqual(MOVEMENTS.slice(0, 3));
  expect(own[3]?.others).toEqual({
    before: ["team/search", "team/another team", "unallocated/"],
    after: ["pool/mlflow"],
  });
  expect(seenBy(lead, "search").map(({ subject }) => subject)).not.toContainEqual({ ...WORKLOAD, ...HIPAA });
});
