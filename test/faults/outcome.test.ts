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
const QUIET: Outcome["chat"] = { mails: [], recorded: [], received: [] };
const outcome = (
  of: Partial<Outcome["tables"]>,
  recorded: string[] = [],
  received = recorded,
  chat = QUIET,
): Outcome => ({ tables: { ...NOTHING, ...of }, recorded, received, chat });

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

  it("has told the channel once of each mail, of however many thresholds it tells", () => {
    const chat = {
      mails: [["80", "90"], ["100"], ["70", "60"]],
      recorded: ["80", "70", "60"],
      received: ["80", "80", "70", "60"],
    };
    expect(differencesBetween(outcome({}), outcome({}, [], [], chat))).toEqual([
      { kind: "lost", where: "chat", what: "100" },
      { kind: "doubled", where: "chat", what: "70" },
    ]);
    expect(
      differencesBetween(outcome({}), outcome({}, [], [], { ...QUIET, recorded: ["1"], received: ["2"] })),
    ).toEqual([
      { kind: "lost", where: "chat", what: "1" },
      { kind: "lost", where: "records of chat", what: "2" },
    ]);
  });
});
