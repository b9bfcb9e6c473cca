import { decimalOfCents } from "@apportion/domain/cents";
import type { LedgerDocument, LedgerLine } from "./general-ledger.js";

/** Accounts of the chart below these: what is cleared is owed until the invoice of its source is booked against it. */
const PARENTS: Readonly<Record<LedgerLine["side"], string>> = { charged: "expenses", cleared: "liabilities" };

/**
 * Documents as a journal of hledger (https://hledger.org), a transaction for each. What an account comes to is asserted in each
 * transaction that touches it, so a file of which a cent was changed is refused. Below the accounts of the chart are cost centers and teams.
 * @param documents from the first: balances begin at nothing
 */
export function hledgerJournal(documents: readonly LedgerDocument[], currency: string): string {
  // hledger checks assertions in the order of dates, and within a day in the order of the file.
  const inOrder = documents.toSorted((a, b) => Date.parse(a.postingDate) - Date.parse(b.postingDate));
  const accounts = new Set(documents.flatMap(({ lines }) => lines.map(accountName)));
  const balances = new Map<string, bigint>();
  return [
    "; What Apportion posted. `hledger check` proves it; balances are those of this file alone.",
    `commodity ${currency} 1000.00`,
    ...[...accounts].toSorted().map((account) => `account ${account}`),
    ...inOrder.flatMap((document) => ["", ...transaction(document, currency, balances)]),
    "",
  ].join("\n");
}

/** @param balances before the transaction; afterwards they are those after it */
function transaction(document: LedgerDocument, currency: string, balances: Map<string, bigint>): string[] {
  const tags = [`document-date:${document.documentDate}`, `billing-period:${document.billingPeriod}`];
  const last = new Map(document.lines.map((line, at) => [accountName(line), at]));
  const postings = document.lines.map((line, at) => {
    const account = accountName(line);
    const balance = (balances.get(account) ?? 0n) + line.cents;
    balances.set(account, balance);
    const amount = `${currency} ${decimalOfCents(line.cents)}`;
    const assertion = last.get(account) === at ? ` = ${currency} ${decimalOfCents(balance)}` : "";
    return `    ${account}  ${amount}${assertion}  ; ${commentOf(line)}`;
  });
  return [
    `${document.postingDate} * (${document.number}) ${document.text}  ; ${tags.join(", ")}`,
    ...postings,
  ];
}

function accountName({ side, account, costCenter, teamId }: LedgerLine): string {
  const parts = [account, costCenter, teamId].filter((part) => part !== "").map(partOfName);
  return [PARENTS[side], ...parts].join(":");
}

/** A colon makes a sub-account, two spaces end the name, and a semicolon behind them begins a comment. */
function partOfName(name: string): string {
  return name
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .replaceAll(":", "/")
    .replaceAll(";", ",");
}

/** In comments, `name:` is a tag, of which `date:` is another date, as are brackets. */
function commentOf({ text, reference }: LedgerLine): string {
  const words = text
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .replaceAll(":", " -")
    .replaceAll("[", "(")
    .replaceAll("]", ")");
  return reference === "" ? words : `${words}, invoice:${reference}`;
}
