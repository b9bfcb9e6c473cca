import { describe, expect, it } from "vitest";
import type { Recommendation } from "@apportion/books/advice/advise";
import type { AdviceLife } from "@apportion/books/advice/read-life";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { adviceBlocks, adviceItems, adviceSentence } from "./recommendations.js";
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
  change: `kubectl scale ${id}`,
  cash: 0n,
  freed: freed * PICOS,
  cost: freed * PICOS,
  confidence: "high",
  because: "it used none",
  risk: "It may stand by.",
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
      "USD 1,000.00 a month is advised, USD 300.00 a month accepted; USD 7.00 was saved in the month, measured. Freeable capacity is cash only once nodes go.",
    );
    const item = (id: string, amount: string) => ({
      title: `GPUs held and not used by deployment/${id} in eu/team-search: USD ${amount} freeable a month`,
      because: `Since 3 Nov 2026 at least; it used none. It may stand by. (${id})`,
      change: `kubectl scale ${id}`,
    });
    expect(advice && adviceItems(advice, "USD")).toEqual([item("a", "500.00"), item("d", "200.00")]);
    expect(advice && adviceBlocks(advice, "USD").slice(1, 4)).toEqual([
      {
        kind: "paragraph",
        text: "GPUs held and not used by deployment/a in eu/team-search: USD 500.00 freeable a month",
        weight: "strong",
      },
      { kind: "code", text: "kubectl scale a" },
      { kind: "paragraph", text: "Since 3 Nov 2026 at least; it used none. It may stand by. (a)", weight: "quiet" },
    ]);
  });

  it("is nothing where there is nothing to say", () => {
    expect(teamAdvice({ recommendations, lives }, "ranking", NOVEMBER)).toBeUndefined();
  });
});
