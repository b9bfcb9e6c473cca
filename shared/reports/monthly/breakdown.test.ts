import { expect, it } from "vitest";
import { statementsOf } from "@apportion/books/months/statements";
import { sumOfCents } from "@apportion/domain/cents";
import { lineOf } from "../testing/months.js";
import { byCluster, topCosts } from "./breakdown.js";

it("has shares of pools with the cents of the statement in every table, and adds up to it", () => {
  const direct = ["a", "b"].map((cluster) => lineOf("2026-10-01", "1.502", { cluster }));
  // Rounded as one they are 3.01; on the statement each is 1.00.
  const shares = ["p", "q", "r"].map((pool) =>
    lineOf("2026-10-01", "1.002", { cluster: "", namespace: "", category: "shared", basis: "shared", pool }),
  );
  const lines = [...direct, ...shares];
  const [statement] = statementsOf(lines).teams;
  if (!statement) throw new Error("There is a team");
  expect(sumOfCents(statement.lines.filter(({ basis }) => basis === "shared"))).toBe(300n);
  const name = "Shares of services and pools";
  for (const rows of [byCluster(lines, statement), topCosts([], lines, statement).others]) {
    expect(rows.find((row) => row.name === name)?.cents).toBe(300n);
    expect(sumOfCents(rows)).toBe(601n);
  }
});
