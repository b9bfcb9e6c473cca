import { describe, expect, it } from "vitest";
import type { CostCell } from "./cells.js";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { KUBERNETES_SOURCE, RATE_VARIANCE, rateVarianceCells } from "./rate-variance.js";
import { cell, idle } from "./testing.js";

const ACCOUNT = "111122223333";
const spread = (cells: readonly CostCell[], billed: string): CostCell[] =>
  rateVarianceCells(cells, ACCOUNT, parsePicos(billed));
const told = (cells: readonly CostCell[]): string[] =>
  cells.flatMap(({ kind, namespace, node, parts }) =>
    parts.map(({ category, amount }) => [kind, namespace || node, category, formatPicos(amount)].join(" ")),
  );

describe("the difference from list price to the bill", () => {
  it("goes to whoever has the cost, in proportion to it, as cells of the account", () => {
    const a = cell({
      namespace: "team-a",
      controller: "api",
      teamLabel: "a",
      amount: "0",
      parts: [
        { category: "cpu", amount: parsePicos("20") },
        { category: "memory", amount: parsePicos("10") },
      ],
    });
    const cells = spread(
      [a, cell({ namespace: "team-b", cluster: "two", scope: "two", amount: "10" })],
      "30",
    );
    expect(told(cells)).toEqual(["workload team-a rate-variance -7.5", "workload team-b rate-variance -2.5"]);
    expect(cells[0]).toEqual({
      ...a,
      source: "rate-variance",
      scope: ACCOUNT,
      parts: [{ category: "rate-variance", amount: parsePicos("-7.5") }],
    });
    expect(cells[1]).toMatchObject({ cluster: "two", source: RATE_VARIANCE.source, scope: ACCOUNT });
  });

  it("may also be more than list price", () => {
    expect(told(spread([cell({ namespace: "team-a", amount: "4" })], "5"))).toEqual([
      "workload team-a rate-variance 1",
    ]);
  });

  it("is taken by idle capacity resource by resource, under the names of idle", () => {
    const cells = [cell({ namespace: "team-a", amount: "4" }), idle("gpu-1", ["2", "10"])];
    expect(told(spread(cells, "8"))).toEqual([
      "workload team-a rate-variance -2",
      "idle gpu-1 idle-cpu -1",
      "idle gpu-1 idle-gpu -5",
    ]);
  });

  it("is none of who has no cost or a negative one, which counts for the difference all the same", () => {
    const cells = [
      cell({ namespace: "team-a", amount: "4" }),
      cell({ namespace: "team-b", amount: "-1" }),
      cell({ namespace: "team-c", amount: "0" }),
      idle("gpu-1", ["-1", "2"]),
    ];
    // 4 − 1 − 1 + 2 = 4 at list price.
    expect(told(spread(cells, "10"))).toEqual(["workload team-a rate-variance 4", "idle gpu-1 idle-gpu 2"]);
  });

  it("is no cell where there is none", () => {
    expect(spread([cell({ namespace: "team-a", amount: "4" })], "4")).toEqual([]);
    expect(spread([], "0")).toEqual([]);
  });

  it("is nobody's where no cost was seen at all", () => {
    for (const seen of [[], [cell({ namespace: "team-a", amount: "0" })]])
      expect(spread(seen, "5")).toEqual([
        {
          source: "rate-variance",
          scope: ACCOUNT,
          kind: "workload",
          cluster: "",
          namespace: "",
          controller: "",
          node: "",
          teamLabel: "",
          service: "",
          recordType: "",
          parts: [{ category: "rate-variance", amount: parsePicos("5") }],
        },
      ]);
  });

  it("is of what is read from Kubecost", () => {
    expect(KUBERNETES_SOURCE).toBe("kubecost");
  });
});
