import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adjustment } from "@apportion/books/ledger/adjustments";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { AdjustmentEffect } from "@apportion/ledger/adjust";
import { adjustmentJson, adjustmentLines, effectLines } from "./adjust-text.js";
import { parseAmount, parseSide } from "./adjust.js";
import { commandLine, plain, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

const PROPOSAL = {
  "--from": "team:ads",
  "--to": "team:fraud",
  "--amount": "120.50",
  "--month": "2026-10",
  "--reason": "The experiment was fraud's",
  "--prepared-by": "ann",
};
const propose = (over: Partial<typeof PROPOSAL> = {}): ReturnType<CommandLine["run"]> =>
  line.run("adjust", "propose", ...Object.entries({ ...PROPOSAL, ...over }).flat());

describe("adjust propose", () => {
  it("refuses what cannot be meant before it opens anything, and says how it is written", async () => {
    const refusals: [Partial<typeof PROPOSAL>, string][] = [
      [
        { "--from": "ads" },
        '--from: "ads" is neither team:ID nor idle, corporate, unallocated; a team is written as team:ads',
      ],
      [{ "--amount": "0.001" }, "--amount: 0.001 has more than two decimals, and cents are what is posted"],
      [
        { "--amount": "-5" },
        '--amount: "-5" is no amount above zero such as 120.50; to move it the other way, exchange --from and --to',
      ],
      [
        { "--amount": "1,200.50" },
        '--amount: "1,200.50" is no amount above zero such as 120.50; to move it the other way, exchange --from and --to',
      ],
      [{ "--month": "2026-13" }, '--month: "2026-13" is not a month such as 2026-11'],
    ];
    for (const [over, err] of refusals)
      expect(await propose(over)).toEqual({ code: 2, out: "", err: `${err}\n` });
  });

  it("names the nearest team, and says what the books have not got yet; nothing is on record", async () => {
    await line.run("migrate");
    expect((await propose({ "--to": "team:frud" })).err).toBe(
      '--to: there is no team "frud"; did you mean "fraud"; there are ads, fraud\n',
    );
    expect((await propose()).err).toBe("The books have no month yet: `collect` and `allocate` one first\n");
    expect(await line.run("adjust", "list")).toMatchObject({ code: 0, out: "Nothing was proposed.\n" });
    expect(await line.run("adjust", "approve", "0123", "--approved-by", "bob")).toMatchObject({
      code: 2,
      err: 'Nothing was proposed as "0123"; see `apportion adjust list`\n',
    });
  });
});

it("takes amounts to the cent, and teams and pools by name", () => {
  const month = parseBillingPeriod("2026-10");
  expect(["1", "0.5", "120.50", "007.07"].map(parseAmount)).toEqual([100n, 50n, 12_050n, 707n]);
  expect(parseSide("team:idle", month)).toEqual({ ownerKind: "team", teamId: "idle", period: month });
  expect(parseSide("idle", month)).toEqual({ ownerKind: "idle", teamId: "", period: month });
});

const period = parseBillingPeriod("2026-10");
const waiting: Adjustment = {
  id: "0123456789ab",
  from: { ownerKind: "team", teamId: "ads", period },
  to: { ownerKind: "idle", teamId: "", period },
  cents: 12_050n,
  reason: "It was nobody's",
  preparedBy: "ann",
  proposedAt: "2026-11-10T00:00:00.000Z",
  expiresAt: "2026-11-24T00:00:00.000Z",
  state: { kind: "waiting" },
};
const effect: AdjustmentEffect = {
  into: parseBillingPeriod("2026-11"),
  payers: [
    { payer: "ads", month: period, charged: 1_000_000n, difference: -12_050n },
    { payer: "idle", month: period, charged: 100n, difference: 12_050n },
  ],
};

it("shows what a draft moves, why, until when it waits and what it comes to", () => {
  expect(plain([...adjustmentLines(waiting, "USD"), ...effectLines(effect, "USD")])).toEqual([
    "0123456789ab  120.50 USD from ads to idle for 2026-10",
    "  It was nobody's",
    "  proposed by ann on 2026-11-10; waits until 2026-11-24 for somebody else: apportion adjust approve 0123456789ab --approved-by NAME",
    "  to be posted into 2026-11:",
    "  who                               of it so far          difference          afterwards",
    "  ads                              10,000.00 USD         -120.50 USD        9,879.50 USD",
    "  idle                                  1.00 USD          120.50 USD          121.50 USD",
    "  together                         10,001.00 USD            0.00 USD       10,001.00 USD",
  ]);
  const last = (state: Adjustment["state"]): string | undefined =>
    plain(adjustmentLines({ ...waiting, state }, "USD")).at(-1);
  expect(last({ kind: "expired" })).toBe(
    "  proposed by ann on 2026-11-10; expired on 2026-11-24: nobody approved it",
  );
  expect(last({ kind: "withdrawn", by: "ann", at: "2026-11-11T00:00:00.000Z" })).toBe(
    "  proposed by ann on 2026-11-10; withdrawn by ann on 2026-11-11",
  );
});

it("says why a draft that waits cannot be posted any more", () => {
  const why = "--amount: ads was charged 1.00 for 2026-10";
  expect(effectLines({ why }, "USD")).toEqual([`  cannot be posted as things are: ${why}`]);
  expect(adjustmentJson(waiting, "USD", { why })).toMatchObject({ state: "waiting", cannotBePosted: why });
});

it("has exact decimals with their currency for programs", () => {
  expect(adjustmentJson(waiting, "USD", effect)).toMatchObject({
    id: "0123456789ab",
    amount: "120.50",
    currency: "USD",
    from: { payer: "ads", month: "2026-10" },
    to: { payer: "idle", month: "2026-10" },
    state: "waiting",
    effect: {
      postedInto: "2026-11",
      payers: [
        { payer: "ads", posted: "10000.00", difference: "-120.50", afterwards: "9879.50" },
        { payer: "idle", posted: "1.00", difference: "120.50", afterwards: "121.50" },
      ],
    },
  });
});
