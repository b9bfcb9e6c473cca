import { describe, expect, it } from "vitest";
import { type CostLine, sumOf } from "@apportion/books/months/month";
import { parsePicos } from "@apportion/domain/money";
import { type Day, parseDay } from "@apportion/domain/period";
import { PICOS_PER_CENT, type Statement, type StatementLine } from "@apportion/domain/statement";
import { lineOf, PLATFORM_TEAMS } from "../testing/months.js";
import { sharedShares, splitsOf } from "./shared-share.js";

const FIRST = parseDay("2026-10-01");
const SECOND = parseDay("2026-10-02");

const share = (
  day: Day,
  teamId: string,
  amount: string,
  [part, whole]: [string, string],
  usageWindow: string,
): CostLine =>
  lineOf(day, amount, {
    teamId,
    basis: "shared",
    category: "shared",
    pool: "mlflow",
    method: "usage",
    meter: "mlflow.runs",
    usageWindow,
    driverQuantity: parsePicos(part),
    driverTotal: parsePicos(whole),
  });

const STATEMENT: Statement = {
  ownerKind: "team",
  teamId: "search",
  picos: parsePicos("10"),
  cents: 1000n,
  lines: [
    {
      category: "shared",
      basis: "shared",
      pool: "mlflow",
      method: "usage",
      reason: "",
      cents: 1000n,
      picos: parsePicos("10"),
    },
  ],
};

function sentence(
  lines: readonly CostLine[],
  charged = sumOf(lines) / PICOS_PER_CENT,
  own: Partial<StatementLine> = {},
): string | undefined {
  const registry = {
    teams: PLATFORM_TEAMS,
    sharedServices: [{ id: "mlflow", name: "MLflow" }],
    dedicatedClusters: [],
    nodePools: [],
    rules: [],
  };
  const units = new Map([["mlflow.runs", "runs"]]);
  const statement = { ...STATEMENT, lines: STATEMENT.lines.map((line) => ({ ...line, ...own })) };
  const ofAll = { ...statement, lines: statement.lines.map((line) => ({ ...line, cents: charged })) };
  return sharedShares(statement, splitsOf(lines, [ofAll]), { registry, currency: "USD", units })[0]?.explanation.replaceAll(
    "\u00a0",
    " ",
  );
}

describe("a share of a pool in words", () => {
  it("names the use of the month, which is the latest day's", () => {
    expect(
      sentence([
        share(FIRST, "search", "10", ["3", "12"], "billing-month"),
        share(FIRST, "fraud", "30", ["9", "12"], "billing-month"),
      ]),
    ).toBe("your 3 of 12 runs = 25.0 % of USD 40.00.");
  });

  it("has shares of the exact cost, and names what all statements charge", () => {
    const few = Array.from({ length: 50 }, (_, at) => ({
      ...share(FIRST, at === 0 ? "search" : `t${at}`, "0.104", ["1", "50"], "day"),
      method: "even",
    }));
    expect(sentence(few, 500n, { method: "even", cents: 10n })).toBe("the same for each of 50 teams: 2.0 % of USD 5.00.");
  });

  it("names what all statements charge for the pool, though its days come to a cent more", () => {
    const lines = [
      share(FIRST, "search", "10", ["3", "12"], "billing-month"),
      share(FIRST, "fraud", "30", ["9", "12"], "billing-month"),
    ];
    expect(sentence(lines, 3999n)).toBe("your 3 of 12 runs = 25.0 % of USD 39.99.");
    expect(sentence(lines, 3997n)).toBe(
      "your 3 of 12 runs = 25.0 %; the sum of each day's share as use stood then, 25.0 % of USD 39.97.",
    );
  });

  it("is a formula only where that gives the share to the cent", () => {
    const lines = (amount: string): CostLine[] => [
      share(FIRST, "search", amount, ["3", "12"], "billing-month"),
      share(FIRST, "fraud", "30", ["9", "12"], "billing-month"),
    ];
    expect(sentence(lines("10.005"))).toBe("your 3 of 12 runs = 25.0 % of USD 40.00.");
    expect(sentence(lines("10.04"))).toBe(
      "your 3 of 12 runs = 25.0 %; the sum of each day's share as use stood then, 25.1 % of USD 40.04.",
    );
  });

  it("adds up the use of the days where each counts alone, and says when the costs of days change the share", () => {
    const days = [
      share(FIRST, "search", "10", ["3", "4"], "day"),
      share(FIRST, "fraud", "10", ["1", "4"], "day"),
      share(SECOND, "fraud", "20", ["6", "6"], "day"),
    ];
    expect(sentence(days)).toBe(
      "your 3 of 10 runs = 30.0 %; the sum of each day's share, 25.0 % of USD 40.00.",
    );
  });
});
