import { afterEach, beforeEach, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { commandLine, plain, type CommandLine } from "./testing/command-line.js";
import { resultLines } from "./verify.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

it.each(["abc", "0123456789AB", "0123456789ag", "0".repeat(65)])("refuses %j as a head", async (head) => {
  const { code, err } = await line.run("verify", "--month", "2026-10", "--head", head);
  expect([code, err]).toEqual([
    2,
    "--head: a hash, or its first 12 or more hexadecimal digits, as `close` prints it\n",
  ]);
});

it("takes the first 12 digits of one", async () => {
  const { err } = await line.run("verify", "--month", "2026-10", "--head", "0123456789ab");
  expect(err).toContain("there is no folder"); // it got further than the flag
});

const verified = {
  month: parseBillingPeriod("2026-10"),
  days: 31,
  lines: 4200,
  journals: 3,
  collected: "71234.561",
  allocated: "71234.561",
  findings: [],
};

it("says what was computed again and that it is the same, or else each difference and where it is", () => {
  expect(plain(resultLines(verified, "USD"))).toEqual([
    "2026-10: 31 days, 4200 lines computed again from their facts",
    "  collected 71,234.56 USD, allocated 71,234.56 USD",
    "  ledger: 3 journals",
    "  ✓ everything is as it was sealed and posted",
  ]);
  const findings = [{ where: "run 2026-10-03", what: "its lines add up to 1 and not to 2" }];
  expect(plain(resultLines({ ...verified, findings }, "USD")).slice(3)).toEqual([
    "  ✗ run 2026-10-03: its lines add up to 1 and not to 2",
  ]);
});
