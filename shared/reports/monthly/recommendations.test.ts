import { describe, expect, it } from "vitest";
import type { Recommendation } from "@apportion/books/advice/advise";
import type { AdviceLife } from "@apportion/books/advice/read-life";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { adviceRows, adviceSentence } from "./recommendations.js";
import { teamAdvice } from "./team-advice.js";

const PICOS = 10n ** 12n;
const NOVEMBER = parseBillingPeriod("2026-11");

const said = (id: string, freed: bigint): Recommendation => ({
  id,
  kind: "unused-gpus",
  owner: { kind: "team", id: "search" },
  trueController: "notebook",
  subject: { cluster: "eu", namespace: "team-search", controllerKind: "deployment", controller: id, billLine: [] },
  since: parseDay("2026-11-03"),
  until: parseDay("2026-11-30"),
  quantities: [],
  change: "",
  cash: 0n,
  freed: freed * PICOS,
  cost: freed * PICOS,
  confidence: "high",
  because: "",
  risk: "",
});
const lifeOf = (id: string, advised: bigint, others: Partial<AdviceLife> = {}): AdviceLife => ({
  id,
  kind: "unused-gpus",
  team: "search",
  life: { state: "open" },
  advised: advised * PICOS,
  ...others,
});
const decided = { id: "", by: "ann", reason: "", on: parseDay("2026-10-30") } as const;

describe("what a team's report says of recommendations", () => {
  const recommendations = [said("a", 500n), said("b", 400n), said("c", 300n), said("d", 200n), said("e", 100n)];
  const lives = [
    lifeOf("a", 500n),
    lifeOf("b", 400n, { life: { state: "dismissed" }, decided: { ...decided, decision: "dismissed" } }),
    lifeOf("c", 300n, {
      life: { state: "accepted" },
      decided: { ...decided, decision: "accepted" },
      realised: [
        { day: parseDay("2026-10-31"), picos: 9n * PICOS },
        { day: parseDay("2026-11-01"), picos: 7n * PICOS },
      ],
    }),
    lifeOf("d", 200n),
    lifeOf("e", 100n, { team: "fraud" }),
  ];

  it("is what is advised, accepted and was saved in the month, and the first that wait for somebody", () => {
    const advice = teamAdvice({ recommendations, lives }, "search", NOVEMBER);
    expect(advice && adviceSentence(advice, "USD")).toBe(
      "USD 1,000.00 a month is advised, USD 300.00 a month accepted; USD 7.00 was saved in the month, measured. Freed capacity is cash only once nodes go.",
    );
    expect(advice && adviceRows(advice, "USD")).toEqual([
      ["GPUs held and not used by deployment/a in eu/team-search (since 2026-11-03, a)", "USD 500.00 freed"],
      ["GPUs held and not used by deployment/d in eu/team-search (since 2026-11-03, d)", "USD 200.00 freed"],
    ]);
  });

  it("is nothing where there is nothing to say", () => {
    expect(teamAdvice({ recommendations, lives }, "ranking", NOVEMBER)).toBeUndefined();
  });
});
