import { HELD_BACK } from "@apportion/books/notifications/read-notifications";
import type { Messages, StoredMessage } from "./messages.js";
import type { DeliveryRecords } from "./records.js";

/** There is nothing to send again; says why. */
class NothingToRetryError extends Error {
  override readonly name = "NothingToRetryError";
  readonly code = "USAGE";
}

export interface RetryRequest {
  /** Of the message, as it was first sent. */
  readonly key: string;
  /** Who wants it sent again. */
  readonly by: string;
}

interface RetryDeps {
  readonly messages: Messages;
  readonly records: DeliveryRecords;
  /** What channels are told of a mail that is kept. */
  readonly noticesOf: (mail: StoredMessage) => readonly StoredMessage[];
  /** Whether a mail that names workloads of the team, under HIPAA or PCI, may go to somebody by now. */
  readonly readsNames: (recipient: string, teamId: string) => boolean;
}

/**
 * Puts a message on record that is to go, as it was said, to whom it did not reach. Gives the key under which it goes; one that is on its way is not
 * asked for twice.
 * @throws NothingToRetryError
 */
export async function askForRetry(
  { messages, records, noticesOf, readsNames }: RetryDeps,
  { key: given, by }: RetryRequest,
  now: Date,
): Promise<string> {
  const key = given.replace(/^retry\/\d+\//, "");
  const message = await messages.find(key);
  if (!message)
    throw new NothingToRetryError(
      `Nothing is kept under "${key}": it reached everybody, or was never to be sent; see \`apportion notifications list --failed\``,
    );
  const retries = await messages.retriesOf(key);
  const open = retries.find(({ ended }) => !ended);
  if (open) return open.key;
  const keys = [key, ...retries.map((each) => each.key)];
  if (!(await records.known([key])).has(key))
    throw new NothingToRetryError(`${key} was not given up: it waits, and goes out by itself`);
  const takenBack = await records.takenBackBy(key.replace(/^channel\/[^/]*\//, ""));
  if (takenBack !== undefined)
    throw new NothingToRetryError(
      `${key} was taken back since: what it says does not hold any more (${takenBack}). What does is told by itself`,
    );
  const reached = await records.reached(keys);
  const recipients = message.recipients
    .map((recipient) => recipient.toLowerCase())
    .filter((recipient) => !reached.has(recipient));
  if (recipients.length === 0) throw new NothingToRetryError(`${key} reached everybody whom it was for`);
  const strangers =
    message.rendered.textForOthers === undefined
      ? []
      : recipients.filter((recipient) => !readsNames(recipient, message.teamId));
  if (strangers.length > 0)
    throw new NothingToRetryError(
      `${key} names workloads of a team under HIPAA or PCI, and ${strangers.join(", ")} may not read them by now (contacts, protectedNames.shownTo); a mail of several teams is not sent again. Write the team's report by \`report --team\`, or wait for the next`,
    );
  const retryKey = `retry/${retries.length + 1}/${key}`;
  // What was held back, no channel was told of; of what was refused, they were. What they were told is put once.
  const notices = message.reason.startsWith(HELD_BACK) ? noticesOf(message) : [];
  await messages.put([
    { ...message, key: retryKey, purpose: "send", recipients, askedBy: by, reason: "", queuedAt: now },
    ...notices,
  ]);
  return retryKey;
}
