import { describe, expect, it } from "vitest";
import { differencesBetween, type Outcome } from "./outcome.js";

const NOTHING = {
  snapshots: [],
  costs: [],
  cells: [],
  buckets: [],
  runs: [],
  allocations: [],
  entries: [],
  quarantined: [],
  told: [],
};
const outcome = (of: Partial<Outcome["tables"]>, recorded: string[] = [], received = recorded): Outcome => ({
  tables: { ...NOTHING, ...of },
  recorded,
  received,
});

describe("what a disturbed run ends in", () => {
  it("is the same in whatever order rows come, and with other mails for the same thresholds", () => {
    const undisturbed = outcome({ allocations: ["a", "b", "b"] }, ["<1>"]);
    expect(differencesBetween(undisturbed, outcome({ allocations: ["b", "a", "b"] }, ["<2>"]))).toEqual([]);
  });

  it("has lost what only the undisturbed run has, and doubled what it has more often", () => {
    const undisturbed = outcome({ costs: ["a", "b"], told: ["80 %"] });
    expect(differencesBetween(undisturbed, outcome({ costs: ["a", "a"], told: ["80 %", "80 %"] }))).toEqual([
      { kind: "lost", where: "costs", what: "b" },
      { kind: "doubled", where: "costs", what: "a" },
      { kind: "doubled", where: "told", what: "80 %" },
    ]);
  });

  it("has lost a mail that is on record and never came, and the record of one that came", () => {
    expect(differencesBetween(outcome({}), outcome({}, ["<1>"], ["<2>", "<2>"]))).toEqual([
      { kind: "lost", where: "mails", what: "<1>" },
      { kind: "lost", where: "records of mails", what: "<2>" },
    ]);
  });
});
