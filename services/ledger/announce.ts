import { chargedBy, type Journal } from "@apportion/books/ledger/journal";
import { amountOfCents } from "@apportion/domain/cents";
import type { EventLog } from "@apportion/event-log/log";
import { encodeEvent } from "@apportion/events/catalogue";

/** Tells the event log, which lies outside the database, the hash of each journal: who rewrites the tables cannot rewrite that. */
export async function announce(log: EventLog, journals: readonly Journal[]): Promise<void> {
  const messages = journals.map((journal) => {
    const data = {
      seq: Number(journal.seq),
      kind: journal.kind,
      billingPeriod: journal.billingPeriod,
      correctsPeriod: journal.correctsPeriod,
      charged: amountOfCents(chargedBy(journal)),
      previousHash: journal.previousHash,
      hash: journal.hash,
    };
    return encodeEvent("journalPosted", data, {
      id: journal.hash.slice(0, 32),
      source: "/apportion/ledger",
      key: String(journal.seq),
      subject: journal.billingPeriod,
      time: new Date(journal.postedAt),
    });
  });
  if (messages.length > 0) await log.publish(messages);
}
