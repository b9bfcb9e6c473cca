import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock } from "@apportion/runtime/service";
import type { DeliveryClaims } from "../delivery/claims.js";
import { isPutOff, type Delivery, type Mail } from "../delivery/deliver.js";
import { budgetOfKey, type DeliverySubject } from "../delivery/key.js";
import type { Messages, StoredMessage } from "../delivery/messages.js";
import type { RecipientOutcomes } from "../delivery/outcomes.js";
import type { DeliveryRecords } from "../delivery/records.js";
import { renderUndeliverable } from "../delivery/undeliverable.js";
import type { Channel } from "./channel.js";
import type { Notice } from "./notice.js";
import { idOf } from "./payload.js";
import type { Answer } from "./post.js";

/** Sends what waits on record: notices to channels, and mails that somebody has sent again. */
export interface Sending {
  /** Goes on sending until it is stopped: what waits now, and what comes. */
  start(): void;
  /** Something waits that did not before. */
  wake(): void;
  /** One attempt at all that waits now, of all channels side by side. */
  sendWaiting(): Promise<void>;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

interface SendingDeps {
  readonly channels: readonly Channel[];
  readonly messages: Messages;
  readonly records: DeliveryRecords;
  readonly claims: DeliveryClaims;
  readonly outcomes: RecipientOutcomes;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Refuses to send anything while records of mails are lost. */
  readonly beforeSending: () => Promise<void>;
}

interface SendingOptions {
  readonly finance: readonly string[];
  readonly giveUpAfterMs: number;
}

/** Another process may have put something there; the messages of a channel that is gone are looked at no oftener. */
const POLL_MS = 30_000;
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAX_MS = 5 * 60_000;
/** Longest pause that a channel can ask for. */
const ASKED_PAUSE_MAX_MS = 15 * 60_000;
/** A channel that puts off so many in a row is left alone for a while; one message that it cannot take is no reason to. */
const DEFERRALS_MAX = 3;

/**
 * Each channel has a round of its own, so that one that hangs delays nobody else; within a channel messages go in their order, and what is put
 * off holds nothing up but what is said of the same budget and month later: what takes it back must not come first, or what does not hold is the last word. The steps of a
 * message are those of a mail (`createDelivery`): claimed, not on record, posted, an answer that is no yes noted, finance told of what is refused
 * for good, recorded. A crash between yes and record repeats it under the same id.
 */
export function createSending(deps: SendingDeps, options: SendingOptions): Sending {
  const { messages, logger } = deps;
  const channels = new Map(deps.channels.map((channel) => [channel.name, channel]));
  const rounds = new Map<string, Promise<void>>();
  const rests = new Map<string, { readonly failures: number; readonly untilMs: number }>();
  const stopping = new AbortController();
  let isWoken = false;
  let sleep = new AbortController();
  let loop: Promise<void> | undefined;

  const rest = (name: string, askedMs = 0): void => {
    const failures = (rests.get(name)?.failures ?? 0) + 1;
    const growing = Math.min(PAUSE_FIRST_MS * 2 ** (failures - 1), PAUSE_MAX_MS);
    const pauseMs = Math.max(growing, Math.min(askedMs, ASKED_PAUSE_MAX_MS));
    rests.set(name, { failures, untilMs: performance.now() + pauseMs });
  };

  const runRound = async (name: string, keys: readonly string[]): Promise<void> => {
    let [deferrals, askedMs, left] = [0, 0, false];
    const putOff = new Set<string>();
    try {
      for (const key of keys) {
        if (stopping.signal.aborted || deferrals >= DEFERRALS_MAX) return;
        if (putOff.has(budgetOfKey(key))) continue;
        const result = await sendOne(deps, options, key, channels.get(name));
        if (result.kind === "done") deferrals = 0;
        else {
          left = true;
          // A mailbox that is full says nothing of the others.
          if (name !== "") deferrals += 1;
          putOff.add(budgetOfKey(key));
          askedMs = result.pauseMs ?? 0;
          if (askedMs > 0) return;
        }
      }
    } catch (error) {
      left = true;
      logger.warn({ channel: name, err: error }, "messages wait; sending them is tried again");
    } finally {
      if (left) rest(name, askedMs);
      else rests.delete(name);
    }
  };

  const startRounds = async (isPatient: boolean): Promise<void> => {
    const waiting = await messages.waiting();
    if (waiting.size > 0) await deps.beforeSending();
    // What a channel put off here, another process may have sent.
    for (const name of rests.keys()) if (!waiting.has(name)) rests.delete(name);
    for (const [name, keys] of waiting) {
      // Another process may know a channel that this one does not.
      if (rounds.has(name) || (name !== "" && !channels.has(name))) continue;
      if (isPatient && (rests.get(name)?.untilMs ?? 0) > performance.now()) continue;
      const round = runRound(name, keys).finally(() => {
        rounds.delete(name);
        wake();
      });
      rounds.set(name, round);
    }
  };

  const wake = (): void => {
    isWoken = true;
    sleep.abort();
  };

  const untilNextMs = (): number =>
    Math.min(POLL_MS, ...[...rests.values()].map(({ untilMs }) => Math.max(0, untilMs - performance.now())));

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      isWoken = false;
      const waitMs = await startRounds(true).then(untilNextMs, (error: unknown) => {
        logger.warn({ err: error }, "what waits to be sent could not be read; it is tried again");
        return POLL_MS;
      });
      sleep = new AbortController();
      if (!isWoken && !stopping.signal.aborted)
        await pause(waitMs, undefined, { signal: sleep.signal }).catch(() => undefined);
    }
  };

  return {
    start() {
      loop ??= run();
    },
    wake,
    async sendWaiting() {
      await startRounds(false);
      await Promise.all(rounds.values());
    },
    async stop() {
      stopping.abort();
      wake();
      await loop;
      await Promise.all(rounds.values());
    },
  };
}

type Result = { readonly kind: "done" } | { readonly kind: "left"; readonly pauseMs?: number | undefined };

async function sendOne(
  deps: SendingDeps,
  options: SendingOptions,
  key: string,
  channel: Channel | undefined,
): Promise<Result> {
  const message = await deps.messages.find(key);
  if (!message) return { kind: "done" };
  const about = subjectOf(message);
  if (!channel) {
    const { files = [], ...rendered } = message.rendered;
    const mail = { about, to: message.recipients, rendered: { ...rendered, files: async () => files } };
    try {
      await deps.delivery.deliver([mail]);
    } catch (error) {
      if (!isPutOff(error)) throw error;
      deps.logger.warn({ delivery: key, err: error }, "a mail that is sent again waits");
      return { kind: "left" };
    }
    return { kind: "done" };
  }
  const claim = await deps.claims.take(key);
  if (!claim) return { kind: "left" };
  try {
    const result = await sendClaimed(deps, options, { message, about, channel });
    if (result.kind === "left") await deps.claims.giveBack(claim);
    return result;
  } catch (error) {
    await deps.claims.giveBack(claim).catch((reason: unknown) => {
      deps.logger.warn({ delivery: key, err: reason }, "a claim could not be given back; it ends by itself");
    });
    throw error;
  }
}

type StoredSubject = Extract<DeliverySubject, { kind: "channel-notice" | "retry" }>;

function subjectOf({ key, period, teamId }: StoredMessage): StoredSubject {
  return { kind: key.startsWith("retry/") ? "retry" : "channel-notice", key, period, teamId };
}

async function sendClaimed(
  deps: SendingDeps,
  options: SendingOptions,
  {
    message,
    about,
    channel,
  }: { readonly message: StoredMessage; readonly about: StoredSubject; readonly channel: Channel },
): Promise<Result> {
  const { records, outcomes, clock, logger } = deps;
  const { key } = message;
  const notice = noticeOf(message);
  const recipient = channel.name;
  // Another process may have sent it before it was claimed here.
  if ((await records.known([key])).has(key)) return { kind: "done" };
  const progress = await outcomes.progressOf(key);
  let refused = progress.refused.get(recipient)?.reply;
  if (refused === undefined) {
    const answer = await channel.send(notice, clock());
    if (answer.kind === "deferred") {
      logger.warn({ delivery: key, channel: recipient, reply: answer.reply }, "a channel puts off a message");
      const rejections = [{ recipient, reply: answer.reply }];
      if (progress.deferredSince === undefined)
        await outcomes.note(key, { accepted: [], refused: [], deferred: rejections }, clock());
      const since = progress.deferredSince ?? clock().getTime();
      if (clock().getTime() - since < options.giveUpAfterMs) return leftFor(answer);
    }
    if (answer.kind !== "accepted") {
      refused = answer.reply;
      const rejections = [{ recipient, reply: refused }];
      await outcomes.note(key, { accepted: [], refused: rejections, deferred: [] }, clock());
    }
  }
  if (refused !== undefined) {
    logger.warn(
      { delivery: key, channel: recipient, reply: refused },
      "a message did not get to its channel",
    );
    await deps.delivery.deliver([undeliverableMail(message, about, refused, options.finance)]);
  }
  const recipients = refused === undefined ? [recipient] : [];
  await records.add(about, { messageId: idOf(notice.key), recipients, sentAt: clock() });
  if (refused === undefined)
    logger.info({ delivery: key, channel: recipient }, "message delivered to its channel");
  return { kind: "done" };
}

function leftFor({ pauseMs }: Extract<Answer, { kind: "deferred" }>): Result {
  return { kind: "left", pauseMs };
}

/** What is sent again is the same message, with the same id. */
function noticeOf({ key, kind, period, teamId, channel, rendered, queuedAt }: StoredMessage): Notice {
  const { subject, text } = rendered;
  return { key: key.replace(/^retry\/\d+\//, ""), channel, kind, period, teamId, subject, text, queuedAt };
}

function undeliverableMail(
  { key, channel, rendered }: StoredMessage,
  of: StoredSubject,
  reply: string,
  finance: readonly string[],
): Mail {
  const rejections = [{ recipient: `channel ${channel}`, reply }];
  return {
    about: { kind: "undeliverable", of },
    to: finance,
    rendered: renderUndeliverable(rendered, rejections, key),
  };
}
