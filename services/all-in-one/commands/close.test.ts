import { afterEach, beforeEach, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { checkLines, draftsLines, resultLines } from "./close.js";
import { commandLine, plain, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

it.each([[[]], [["--prepared-by", "ann"]], [["--approved-by", "bob"]]])(
  "does not post without two names: %j",
  async (names) => {
    const { code, err } = await line.run("close", "--month", "2026-10", ...names);
    expect([code, err]).toEqual([
      2,
      "close needs --prepared-by and --approved-by, or --check to look at the gates only\n",
    ]);
  },
);

const over = { name: "over", passed: true, says: "the month is over" } as const;
const open = {
  month: parseBillingPeriod("2026-10"),
  closed: false,
  already: false,
  gates: [over, { name: "complete", passed: false, says: "3 days are missing" }],
  charged: "",
  accuracyPercent: "",
  seq: "",
  hash: "",
} as const;
const closed = { ...open, closed: true, gates: [over], charged: "71234.5", seq: "7", hash: "abc" };
const head = { seq: "9", hash: "def" };

it("says why a month stays open, and that nothing was posted", () => {
  expect(plain(resultLines(open, head, "USD"))).toEqual([
    "2026-10 stays open:",
    "  ✓ over        the month is over",
    "  ✗ complete    3 days are missing",
    "Mend what failed and close again; nothing was posted.",
  ]);
});

it("says of a month that is looked at whether it is closed already", () => {
  const gates = ["  ✓ over        the month is over"];
  expect(plain(checkLines("2026-10", false, [over]))).toEqual(gates);
  expect(plain(checkLines("2026-10", true, [over]))).toEqual([
    "2026-10 is closed; this is what it was closed with:",
    ...gates,
  ]);
});

it("says what was posted where, and which hash to keep", () => {
  expect(plain(resultLines(closed, head, "USD"))).toEqual([
    "2026-10 is closed",
    "  ✓ over        the month is over",
    "  posted 71,234.50 USD as journal 7, hash abc",
    "  head of the ledger: journal 9, hash def",
    expect.stringContaining("Keep the head's hash outside the database"),
  ]);
  expect(resultLines({ ...closed, already: true }, head, "USD")[0]).toContain("was closed already");
});

it("tells an override's reason with what it let pass, in money", () => {
  const override = { reason: "late bill", billed: "1000", notAttributed: "31.5", rateVariance: "-2" };
  expect(plain(resultLines({ ...closed, override }, head, "USD"))).toEqual(
    expect.arrayContaining([
      "  overridden: late bill",
      "    31.50 USD of 1,000.00 USD was not attributed; -2.00 USD is Kubernetes, bill less list prices",
    ]),
  );
});

it("names what waits to be approved: once the month is closed it goes into a later one", () => {
  const draft = {
    kind: "adjustment" as const,
    id: "0123456789ab",
    month: parseBillingPeriod("2026-10"),
    reason: "The experiment was fraud's",
    preparedBy: "ann",
    proposedAt: "2026-11-10T00:00:00.000Z",
    expiresAt: "2026-11-24T00:00:00.000Z",
  };
  expect(draftsLines("2026-10", [])).toEqual([]);
  expect(plain(draftsLines("2026-10", [draft]))).toEqual([
    "Not approved yet; what is not while 2026-10 is open goes into a later month:",
    "  0123456789ab  adjustment about 2026-10, proposed by ann: The experiment was fraud's",
  ]);
});
