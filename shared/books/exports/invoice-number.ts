import type { BillingPeriod } from "@apportion/domain/period";
import type { OwnerKind } from "@apportion/domain/statement";
import { aboutMonth, type JournalDraft } from "../ledger/journal.js";

/** The invoice of one payer by one journal. */
export interface Invoice {
  readonly month: BillingPeriod;
  readonly ownerKind: OwnerKind;
  /** Empty unless `ownerKind` is `team`. */
  readonly teamId: string;
  /** 1 is the month's statement; see {@link editionsOf}. */
  readonly edition: number;
}

/**
 * `INV-2026-10-nlp-1`. What no team owes is named in capitals, `INV-2026-10-IDLE-1`: ids of teams have none. The edition is what
 * stands behind the last hyphen, so no two payers, months and editions have one number.
 */
export function invoiceNumberOf({ month, ownerKind, teamId, edition }: Invoice): string {
  return `INV-${month}-${ownerKind === "team" ? teamId : ownerKind.toUpperCase()}-${edition}`;
}

type Place = Pick<JournalDraft, "kind" | "billingPeriod" | "correctsPeriod" | "entries"> & {
  readonly seq: bigint;
  readonly journalId: string;
};

/**
 * Which edition of a month's invoices each journal is, by its id and the month: 1 for the statement, 2 and so on for what was posted about the
 * month besides, in the order of the ledger. One that moves an amount between months is an edition of each. Nothing that is posted later
 * changes it.
 * @param journals all of the ledger
 */
export function editionsOf(
  journals: readonly Place[],
): ReadonlyMap<string, ReadonlyMap<BillingPeriod, number>> {
  const last = new Map<BillingPeriod, number>();
  const inOrder = journals.toSorted((a, b) => Number(a.seq - b.seq) || (a.journalId < b.journalId ? -1 : 1));
  return new Map(
    inOrder.map((journal) => {
      const months = new Set(journal.entries.map(({ concerns }) => concerns ?? aboutMonth(journal)));
      const editions = Array.from(months, (month): [BillingPeriod, number] => {
        if (journal.kind === "statement") return [month, 1];
        const edition = (last.get(month) ?? 1) + 1;
        last.set(month, edition);
        return [month, edition];
      });
      return [journal.journalId, new Map(editions)];
    }),
  );
}

/** As {@link editionsOf}, in SQL: journal, a month that its entries are about, edition. */
export const EDITIONS_SQL = `SELECT journal_id, about_period,
      if(kind = 'statement', 1, 1 + row_number() OVER (PARTITION BY about_period, kind = 'statement' ORDER BY seq, journal_id)) AS edition
    FROM (SELECT DISTINCT seq, journal_id, kind, if(corrects_period = '', billing_period, corrects_period) AS about_period FROM posted_entries)`;

/** As {@link invoiceNumberOf}, in SQL, of columns `about_period` and `edition`. */
export function invoiceNumberSql(ownerKind: string, teamId: string): string {
  return `concat('INV-', about_period, '-', if(${ownerKind} = 'team', ${teamId}, upper(${ownerKind})), '-', toString(edition))`;
}
