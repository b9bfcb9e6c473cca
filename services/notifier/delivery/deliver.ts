import { setTimeout as pause } from "node:timers/promises";
import { billingPeriodOf, dayOf } from "@apportion/domain/period";
import { type RenderedMail, type WholeMail, wholeMail } from "@apportion/reports/mail/mail";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock } from "@apportion/runtime/service";
import type { DeliveryClaims } from "./claims.js";
import { renderHeldBack } from "./held-back.js";
import { deliveryKey, messageIdOf, type DeliverySubject, threadOf } from "./key.js";
import { ALERT_WAS_HELD } from "./limit.js";
import type { Mailer, Rejection } from "./mailer.js";
import type { RecipientOutcomes } from "./outcomes.js";
import type { DeliveryRecords } from "./records.js";
import { renderUndeliverable } from "./undeliverable.js";

export interface Mail {
  readonly about: DeliverySubject;
  /** Nobody, where everybody is told in another mail: then it is for channels alone, and has no record. */
  readonly to: readonly string[];
  readonly rendered: RenderedMail;
}

/** A mail as it goes out. */
export interface MadeMail extends Omit<Mail, "rendered"> {
  readonly rendered: WholeMail;
}

export interface DeliverySummary {
  readonly sent: number;
  /** On record already. */
  readonly repeated: number;
  /** No recipient of the mail was accepted, for good, or it was held back; finance was told. */
  readonly refused: number;
}

export interface Delivery {
  /**
   * Sends each mail that is not on record, and puts it there. One that is refused or put off does not hold up the others.
   * @throws MailServerError when no mail gets through, DeferredError after the others when some were put off,
   *   SentElsewhereError when another sender has some of them and is not done: call again.
   */
  deliver(mails: readonly Mail[], signal?: AbortSignal): Promise<DeliverySummary>;
}

/** The mail server puts these mails off. */
export class DeferredError extends Error {
  override readonly name = "DeferredError";
  readonly code = "mail.deferred";
  readonly retriable = true;

  constructor(mails: ReadonlyMap<string, readonly Rejection[]>) {
    const lines = [...mails].map(
      ([key, rejections]) =>
        `${key}: ${rejections.map((each) => `${each.recipient} ${each.reply}`).join("; ")}`,
    );
    super(
      `The mail server puts off ${mails.size === 1 ? "a mail" : `${mails.size} mails`}:\n${lines.join("\n")}`,
    );
  }
}

/** Another process has claimed these mails; whether it sent them is not known yet. */
class SentElsewhereError extends Error {
  override readonly name = "SentElsewhereError";
  readonly code = "mail.sentElsewhere";
  readonly retriable = true;

  constructor(keys: readonly string[]) {
    super(
      `Another process is sending, or was sending when it died: ${keys.join(", ")}. They are taken over when its claim ends.`,
    );
  }
}

/** Whether mails wait, each for itself: others may get through. */
export function isPutOff(error: unknown): error is DeferredError | SentElsewhereError {
  return error instanceof DeferredError || error instanceof SentElsewhereError;
}

interface DeliveryDeps {
  readonly mailer: Mailer;
  readonly records: DeliveryRecords;
  readonly claims: DeliveryClaims;
  readonly outcomes: RecipientOutcomes;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Refuses to send anything while records of mails are lost. */
  readonly beforeSending: () => Promise<void>;
  /** Puts on record what channels are told of these mails; to put it there again is harmless. */
  readonly tellChannels: (mails: readonly Mail[]) => Promise<void>;
  /** Of mails about these, those that are too many for today or take back what nobody got, and why, by their keys. */
  readonly heldBack: (subjects: readonly DeliverySubject[]) => Promise<ReadonlyMap<string, string>>;
  /** Puts a mail on record, as it was said, for whom it did not reach: somebody may have it sent again. */
  readonly keep: (mail: MadeMail, missed: readonly Rejection[]) => Promise<void>;
}

interface DeliveryOptions {
  /** Who is told of what cannot be delivered. */
  readonly finance: readonly string[];
  readonly messageIdDomain: string;
  /** How long a recipient that is put off is tried. */
  readonly giveUpAfterMs: number;
}

/**
 * The steps of a delivery and what holds at each:
 * 0. nothing of the records is lost → what was sent is known, also after a restore from a backup;
 * 1. what channels are told of it is on record → they get it whatever becomes of the mail, and do not hold it up;
 * 2. claimed → nobody else sends it, until the claim ends or is given back;
 * 3. on record → nothing is sent;
 * 4. the mail server says yes → a crash from here to 5 repeats the mail once, with the same Message-ID;
 * 5. it did not say yes to everybody → noted for each recipient: who has the mail does not get it with the next attempt;
 * 6. finance is told of recipients that were refused for good → under a key of its own, so this too is said once, and the mail is kept for them;
 * 7. recorded, in the log and then in the tables → never again.
 * What is held back is put on record last, when finance was told so: until then it is due, and brings that about.
 */
export function createDelivery(deps: DeliveryDeps, options: DeliveryOptions): Delivery {
  let queue: Promise<unknown> = Promise.resolve();

  const deliverAll = async (mails: readonly Mail[], signal?: AbortSignal): Promise<DeliverySummary> => {
    if (mails.length > 0) await deps.beforeSending();
    const known = await deps.records.known(mails.map((mail) => deliveryKey(mail.about)));
    const waiting = mails.filter((mail) => !known.has(deliveryKey(mail.about)));
    const tally = { sent: 0, repeated: mails.length - waiting.length, refused: 0 };
    const held = await deps.heldBack(waiting.map(({ about }) => about));
    const isHeld = (mail: Mail): boolean => held.has(deliveryKey(mail.about));
    await deps.tellChannels(waiting.filter((mail) => !isHeld(mail)));
    const deferred = new Map<string, readonly Rejection[]>();
    const notDone: string[] = [];
    const deliverEach = async (each: readonly Mail[]): Promise<void> => {
      const elsewhere: string[] = [];
      for (const mail of each) {
        signal?.throwIfAborted();
        const result = await deliverOne(deps, options, mail, held.get(deliveryKey(mail.about)));
        if (result.kind === "deferred") deferred.set(deliveryKey(mail.about), result.rejections);
        else if (result.kind === "elsewhere") elsewhere.push(deliveryKey(mail.about));
        else tally[result.kind] += 1;
      }
      const missing = await untilOnRecord(deps.records, elsewhere, signal);
      tally.repeated += elsewhere.length - missing.length;
      notDone.push(...missing);
    };
    const addressed = waiting.filter(({ to }) => to.length > 0);
    const isNews = ({ about }: Mail): boolean => held.get(deliveryKey(about)) !== ALERT_WAS_HELD;
    const notices = heldBackMails(
      deps,
      options,
      waiting.filter((mail) => isHeld(mail) && isNews(mail)),
      held,
    );
    await deliverEach([...addressed.filter((mail) => !isHeld(mail)), ...notices]);
    // Once they are on record what is held back is not due any more, and finance would never be told of it.
    const isTold = notices.every(
      ({ about }) => !deferred.has(deliveryKey(about)) && !notDone.includes(deliveryKey(about)),
    );
    if (isTold) await deliverEach(addressed.filter(isHeld));
    if (notDone.length > 0) throw new SentElsewhereError(notDone);
    if (deferred.size > 0) throw new DeferredError(deferred);
    return tally;
  };

  return {
    // One at a time in a process: two callers with the same mail must not both find it unrecorded.
    async deliver(mails, signal) {
      const turn = queue.then(() => deliverAll(mails, signal));
      queue = turn.catch(() => undefined); // the caller of this turn sees its error; the next turn starts afresh
      return turn;
    },
  };
}

/** That mails are held back, for finance: once a day. */
function heldBackMails(
  { clock }: DeliveryDeps,
  { finance }: DeliveryOptions,
  mails: readonly Mail[],
  held: ReadonlyMap<string, string>,
): Mail[] {
  if (mails.length === 0) return [];
  const day = dayOf(clock());
  const named = mails.map(({ about, rendered: { subject } }) => ({
    subject,
    reason: held.get(deliveryKey(about)) ?? "",
  }));
  const about = { kind: "held-back", period: billingPeriodOf(day), day } as const;
  return [{ about, to: finance, rendered: renderHeldBack(day, named) }];
}

/** How long, and how often, it is looked whether another sender has done what it claimed, in milliseconds. */
const ELSEWHERE_WAIT_MS = 20_000;
const ELSEWHERE_POLL_MS = 200;

/** Waits a while for mails that another sender has claimed. Gives back those that are not on record even then. */
async function untilOnRecord(
  records: DeliveryRecords,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const deadline = Date.now() + ELSEWHERE_WAIT_MS;
  for (;;) {
    const known = await records.known(keys);
    const notDone = keys.filter((key) => !known.has(key));
    if (notDone.length === 0 || Date.now() > deadline) return notDone;
    await pause(ELSEWHERE_POLL_MS, undefined, signal && { signal });
  }
}

type Result =
  | { readonly kind: "sent" | "refused" | "repeated" }
  | { readonly kind: "deferred"; readonly rejections: readonly Rejection[] };

async function deliverOne(
  deps: DeliveryDeps,
  options: DeliveryOptions,
  mail: Mail,
  heldWhy: string | undefined,
): Promise<Result | { readonly kind: "elsewhere" }> {
  const { claims, logger } = deps;
  const claim = await claims.take(deliveryKey(mail.about));
  if (!claim) return { kind: "elsewhere" };
  try {
    const result = await deliverClaimed(deps, options, mail, heldWhy);
    if (result.kind === "deferred") await claims.giveBack(claim);
    return result;
  } catch (error) {
    await claims.giveBack(claim).catch((reason: unknown) => {
      logger.warn({ delivery: claim.key, err: reason }, "a claim could not be given back; it ends by itself");
    });
    throw error;
  }
}

async function deliverClaimed(
  deps: DeliveryDeps,
  options: DeliveryOptions,
  mail: Mail,
  heldWhy: string | undefined,
): Promise<Result> {
  const { mailer, records, outcomes, clock, logger } = deps;
  const key = deliveryKey(mail.about);
  // Another process may have sent it before it was claimed here.
  if ((await records.known([key])).has(key)) return { kind: "repeated" };
  const progress = await outcomes.progressOf(key);
  const made = await madeMail(deps, mail);
  // What has begun to go out goes on.
  if (heldWhy !== undefined && progress.accepted.size === 0) return hold(deps, options, made, heldWhy);
  const accepted = new Set(progress.accepted);
  const refused = new Map(progress.refused);
  const mustWait = (rejections: readonly Rejection[]): boolean => {
    const now = clock().getTime();
    return rejections.length > 0 && now - (progress.deferredSince ?? now) < options.giveUpAfterMs;
  };

  const messageId = messageIdOf(key, options.messageIdDomain);
  const envelopeTo = mail.to.filter((recipient) => !accepted.has(recipient) && !refused.has(recipient));
  if (envelopeTo.length > 0) {
    const { rendered, to } = made;
    const thread = threadOf(mail.about, options.messageIdDomain);
    const outcome = await mailer.send({ ...rendered, messageId, thread, to, envelopeTo, date: clock() });
    if (outcome.accepted.length < to.length) await outcomes.note(key, outcome, clock());
    for (const recipient of outcome.accepted) accepted.add(recipient);
    for (const rejection of outcome.refused) refused.set(rejection.recipient, rejection);
    if (mustWait(outcome.deferred)) return { kind: "deferred", rejections: outcome.deferred };
    for (const rejection of outcome.deferred) refused.set(rejection.recipient, rejection);
  }
  if (refused.size > 0) {
    await deps.keep(made, [...refused.values()]);
    const deferred = await tellFinance(deps, options, mail, [...refused.values()], mustWait);
    if (deferred.length > 0) {
      await outcomes.note(key, { accepted: [], refused: [], deferred }, clock());
      return { kind: "deferred", rejections: deferred };
    }
  }
  await records.add(mail.about, { messageId, recipients: [...accepted], sentAt: clock() });
  logger.info({ delivery: key, messageId, accepted: accepted.size, refused: refused.size }, "mail delivered");
  return { kind: accepted.size > 0 ? "sent" : "refused" };
}

/** With its pictures and files; without them rather than not at all. */
async function madeMail({ logger }: DeliveryDeps, { about, to, rendered }: Mail): Promise<MadeMail> {
  try {
    return { about, to, rendered: await wholeMail(rendered) };
  } catch (error) {
    logger.error(
      { delivery: deliveryKey(about), err: error },
      "a mail goes out without its pictures and files",
    );
    const { files: _, ...without } = rendered;
    return { about, to, rendered: without };
  }
}

/** Keeps a mail for who has it sent, and puts it on record as said to nobody, so that it is not due again. */
async function hold(
  { keep, records, clock, logger }: DeliveryDeps,
  { messageIdDomain }: DeliveryOptions,
  mail: MadeMail,
  reply: string,
): Promise<Result> {
  const key = deliveryKey(mail.about);
  await keep(
    mail,
    mail.to.map((recipient) => ({ recipient, reply })),
  );
  const messageId = messageIdOf(key, messageIdDomain);
  await records.add(mail.about, { messageId, recipients: [], sentAt: clock() });
  logger.warn({ delivery: key, why: reply }, "a mail is held back");
  return { kind: "refused" };
}

/**
 * Sends the mail to finance once, with what was said about its recipients. Gives back who is to be tried again. Finance's own
 * mailbox may be refused as well; then only the log can say so.
 */
async function tellFinance(
  deps: DeliveryDeps,
  options: DeliveryOptions,
  mail: Mail,
  rejections: readonly Rejection[],
  mustWait: (rejections: readonly Rejection[]) => boolean,
): Promise<readonly Rejection[]> {
  const { mailer, records, clock, logger } = deps;
  const about: DeliverySubject | undefined =
    mail.about.kind === "undeliverable" ? undefined : { kind: "undeliverable", of: mail.about };
  const refused = new Set(rejections.map((each) => each.recipient));
  const to = options.finance.filter((recipient) => !refused.has(recipient));
  logger.warn(
    { delivery: deliveryKey(mail.about), rejections },
    "the mail server refuses recipients for good",
  );
  if (!about || to.length === 0) return [];
  const key = deliveryKey(about);
  if ((await records.known([key])).has(key)) return [];
  const messageId = messageIdOf(key, options.messageIdDomain);
  const rendered = await wholeMail(renderUndeliverable(mail.rendered, rejections, deliveryKey(mail.about)));
  const outcome = await mailer.send({ ...rendered, messageId, to, envelopeTo: to, date: clock() });
  if (outcome.accepted.length === 0) {
    if (mustWait(outcome.deferred)) return outcome.deferred;
    logger.error({ delivery: key, ...outcome }, "finance could not be told that a mail was refused");
  }
  await records.add(about, { messageId, recipients: outcome.accepted, sentAt: clock() });
  return [];
}
