import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { ledgerDocuments } from "./general-ledger.js";
import { hledgerJournal } from "./hledger.js";
import { entryOf, journalOf, settingOf } from "./examples.js";

const hasHledger = spawnSync("hledger", ["--version"], { stdio: "ignore" }).status === 0;

/** What hledger says of a journal; empty when every transaction balances and every assertion holds. */
function checked(journal: string): string {
  const { status, stderr } = spawnSync("hledger", ["-f", "-", "check", "--strict"], {
    input: journal,
    encoding: "utf8",
  });
  if ((status === 0) !== (stderr === "")) throw new Error(`hledger ended with ${status}: ${stderr}`);
  return stderr;
}

const later = journalOf({
  seq: 2n,
  journalId: "cd".repeat(16),
  hash: "cd".repeat(32),
  kind: "correction",
  billingPeriod: parseBillingPeriod("2026-11"),
  correctsPeriod: parseBillingPeriod("2026-10"),
  entries: [
    entryOf({ teamId: "a", costCenter: "cc-a", category: "gpu", cents: -5n }),
    entryOf({ account: "clearing", source: "s3", cents: 5n }),
  ],
});
const journal = (entries = journalOf().entries): string =>
  hledgerJournal(ledgerDocuments([journalOf({ entries }), later], settingOf()), "USD");

it("has a transaction for each journal, which asserts what its accounts come to", () => {
  const [, second = ""] = journal().split("\n\n").slice(1);
  expect(second).toBe(
    `2026-11-30 * (2-cdcdcdcd) Correction of Oct 2026  ; document-date:2026-11-12, billing-period:2026-11
    expenses:platform-charges:cc-a:a  USD -0.05 = USD 1.88  ; Correction of October 2026 - GPU, invoice:INV-2026-10-a-2
    liabilities:cloud-clearing  USD 0.05 = USD -3.88  ; Correction of October 2026 - Read from S3
`,
  );
});

describe.skipIf(!hasHledger)("hledger (needs the program, Debian's package of that name)", () => {
  it("takes the file, and none in which a cent was moved", () => {
    expect(checked(journal())).toBe("");
    const moved = journal()
      .replace("USD 1.00  ; GPU", "USD 1.01  ; GPU")
      .replace("USD 1.00 = USD 1.00  ; Idle CPU", "USD 0.99 = USD 0.99  ; Idle CPU");
    expect(checked(moved)).toMatch(/balance assertion/i);
    expect(checked(journal().replace("USD 1.00  ; GPU", "USD 1.01  ; GPU"))).toMatch(/sum should be 0/);
  });

  it("takes names that mean something to it as names", () => {
    const names = [
      "[2026-13-45] date:2026-99-99",
      "a:b",
      "x  ; y",
      "  (virtual)",
      "= USD 1",
      "*",
      "名前\n=x",
      "'\"|",
    ];
    const entries = names.flatMap((name) => [
      entryOf({ teamId: "a", costCenter: name, category: "shared", pool: name }),
      entryOf({ account: "clearing", source: name, cents: -100n }),
    ]);
    expect(checked(journal(entries))).toBe("");
  });
});
