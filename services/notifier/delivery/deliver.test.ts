import { SMTPServer, type SMTPServerSession } from "smtp-server";
import { simpleParser, type ParsedMail } from "mailparser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { silentLogger } from "@apportion/runtime/logger";
import { Secret } from "@apportion/runtime/secret";
import { smtpConfig } from "../config.js";
import { createDelivery, DeferredError, type Delivery, type Mail } from "./deliver.js";
import { deliveryKey } from "./key.js";
import { createSmtpMailer, MailServerError, type Mailer } from "./mailer.js";
import type { DeliveryClaims } from "./claims.js";
import type { Progress, RecipientOutcomes } from "./outcomes.js";
import type { DeliveryRecords } from "./records.js";

/** A real SMTP server; `replies` says what it answers to a recipient instead of yes. */
let server: SMTPServer;
let port: number;
let replies: Map<string, number>;
let received: { readonly mail: ParsedMail; readonly to: string[] }[];
let recorded: Map<string, readonly string[]>;
let noted: Map<string, Progress>;
let now: Date;
let mailer: Mailer;

beforeEach(async () => {
  replies = new Map();
  received = [];
  recorded = new Map();
  told = [];
  noted = new Map();
  now = new Date("2026-11-24T10:00:00Z");
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    onRcptTo({ address }, _session, callback) {
      const code = replies.get(address);
      callback(code === undefined ? null : Object.assign(new Error("no"), { responseCode: code }));
    },
    onData(stream, session: SMTPServerSession, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        void simpleParser(Buffer.concat(chunks)).then((mail) => received.push({ mail, to }));
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  mailer = createSmtpMailer(smtpConfig.parse({ host: "127.0.0.1", port, security: "none" }), {
    from: "FinOps <finops@example.com>",
  });
});
afterEach(async () => {
  mailer.close();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
});

const records = (onAdd = (): void => undefined): DeliveryRecords => ({
  known: async (keys) => new Set(keys.filter((key) => recorded.has(key))),
  alertsOf: async () => new Map(),
  keysOf: async () => [],
  takenBackBy: async () => undefined,
  reached: async () => new Set(),
  reportsOf: async () => new Map(),
  add: async (subject, { recipients }) => {
    onAdd();
    recorded.set(deliveryKey(subject), recipients);
  },
});

const unrivalled: DeliveryClaims = {
  take: async (key) => ({ key, attempt: 0 }),
  giveBack: async () => undefined,
};

const outcomes: RecipientOutcomes = {
  progressOf: async (key) =>
    noted.get(key) ?? { accepted: new Set(), refused: new Map(), deferredSince: undefined },
  note: async (key, { accepted, refused, deferred }, at) => {
    const before = await outcomes.progressOf(key);
    noted.set(key, {
      accepted: new Set([...before.accepted, ...accepted]),
      refused: new Map([...before.refused, ...refused.map((each) => [each.recipient, each] as const)]),
      deferredSince: before.deferredSince ?? (deferred.length > 0 ? at.getTime() : undefined),
    });
  },
};

let told: string[];
const delivery = (
  store = records(),
  via = mailer,
  { held = new Map<string, string>(), claims = unrivalled } = {},
): Delivery =>
  createDelivery(
    {
      mailer: via,
      records: store,
      claims,
      outcomes,
      clock: () => now,
      logger: silentLogger,
      beforeSending: async () => undefined,
      tellChannels: async (mails) => void told.push(...mails.map(({ about }) => deliveryKey(about))),
      heldBack: async () => held,
      keep: async () => undefined,
    },
    { finance: ["finance@example.com"], messageIdDomain: "example.com", giveUpAfterMs: 3_600_000 },
  );

const mail = (teamId: string, to = [`${teamId}@example.com`], subject = "Report"): Mail => ({
  about: { kind: "team-report", period: "2026-10" as BillingPeriod, teamId, edition: "final" },
  to,
  rendered: { subject, text: "text", html: "<p>html</p>" },
});

/** The server parses after it has said yes. */
async function mailsReceived(count: number): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (received.length < count && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(received).toHaveLength(count);
}

describe("a mail", () => {
  it("is sent once, and never again once it is on record", async () => {
    expect(await delivery().deliver([mail("a"), mail("b")])).toEqual({ sent: 2, repeated: 0, refused: 0 });
    expect(await delivery().deliver([mail("a"), mail("b")])).toEqual({ sent: 0, repeated: 2, refused: 0 });
    await mailsReceived(2);
  });

  it("is sent once by callers at the same time", async () => {
    const one = delivery();
    const [first, second] = await Promise.all([one.deliver([mail("a")]), one.deliver([mail("a")])]);
    expect([first.sent, second.sent]).toEqual([1, 0]);
    await mailsReceived(1);
  });

  it("has the same Message-ID when a crash before the record repeats it", async () => {
    const crash = (): never => {
      throw new Error("killed");
    };
    await expect(delivery(records(crash)).deliver([mail("a")])).rejects.toThrow("killed");
    await delivery().deliver([mail("a")]);
    await mailsReceived(2);
    const [first, second] = received;
    expect(second?.mail.messageId).toBe(first?.mail.messageId);
    expect(first?.mail.messageId).toMatch(/^<[0-9a-f]{40}@example\.com>$/);
  });

  it("reaches the others when one recipient is refused for good, and finance is told once whom it did not reach", async () => {
    replies.set("gone@example.com", 550);
    const one = mail("a", ["gone@example.com", "a@example.com"]);
    expect(await delivery().deliver([one])).toEqual({ sent: 1, repeated: 0, refused: 0 });
    await delivery().deliver([one]);
    await mailsReceived(2);
    expect(received.map(({ to }) => to)).toEqual([["a@example.com"], ["finance@example.com"]]);
    expect(received[1]?.mail.subject).toBe("Not delivered: Report");
    expect(received[1]?.mail.text).toContain("gone@example.com");
  });

  it("that is put off is tried again, without repeating it to whom it reached, until it is given up", async () => {
    replies.set("full@example.com", 452);
    const one = delivery();
    const both = mail("a", ["full@example.com", "a@example.com"]);
    await expect(one.deliver([both])).rejects.toBeInstanceOf(DeferredError);
    await expect(one.deliver([both])).rejects.toBeInstanceOf(DeferredError);
    await mailsReceived(1);
    now = new Date("2026-11-24T12:00:00Z");
    expect(await one.deliver([both])).toMatchObject({ sent: 1 });
    await mailsReceived(2);
    expect(received[1]?.to).toEqual(["finance@example.com"]);
  });

  it("does not hold up the others when it is put off", async () => {
    replies.set("full@example.com", 452);
    await expect(delivery().deliver([mail("a", ["full@example.com"]), mail("b")])).rejects.toBeInstanceOf(
      DeferredError,
    );
    await mailsReceived(1);
    expect([...recorded.keys()]).toEqual(["team-report/2026-10/b/final"]);
  });

  it("of a team's alerts is in one thread with the others of the month, whatever their subjects", async () => {
    const alertOf = (teamId: string, period: string, thresholdPercent: number): Mail => ({
      ...mail(teamId, [`${teamId}@example.com`], `${thresholdPercent} %`),
      about: {
        kind: "budget-alert",
        period: period as BillingPeriod,
        teamId,
        thresholdPercent,
        budgetVersion: "2026-10@100.00",
        episode: 0,
        crossedOn: "2026-10-20" as Day,
        spent: 0n,
        alsoTells: [],
      },
    });
    const alerts = [alertOf("a", "2026-10", 80), alertOf("a", "2026-10", 90), alertOf("a", "2026-11", 80)];
    await delivery().deliver([...alerts, alertOf("b", "2026-10", 80), mail("a")]);
    await mailsReceived(5);
    const [first, second, ...others] = received.map((each) => each.mail.inReplyTo);
    expect(first).toMatch(/^<[0-9a-f]{40}@example\.com>$/);
    expect(second).toBe(first);
    expect(new Set([first, ...others]).size).toBe(4);
    expect(others.at(-1)).toBeUndefined();
    expect(received[0]?.mail.references).toBe(first);
  });

  it("shows its pictures and has its files beside it, made once it is known that it goes out", async () => {
    const made: string[] = [];
    const withFiles: Mail = {
      ...mail("a"),
      rendered: {
        subject: "Report",
        text: "text",
        html: '<img src="cid:one@apportion" />',
        files: async () => {
          made.push("a");
          const pdf = { filename: "a.pdf", contentType: "application/pdf", content: Buffer.from("%PDF") };
          const picture = { filename: "one.png", contentType: "image/png", content: Buffer.from("png") };
          return [{ ...picture, cid: "one@apportion" }, pdf];
        },
      },
    };
    await delivery().deliver([withFiles]);
    await delivery().deliver([withFiles]);
    await mailsReceived(1);
    expect(made).toEqual(["a"]);
    const attachments = received[0]?.mail.attachments ?? [];
    expect(
      attachments.map(({ filename, related, contentDisposition, cid, content }) => [
        filename,
        related,
        contentDisposition,
        cid,
        content.toString(),
      ]),
    ).toEqual([
      ["one.png", true, "inline", "one@apportion", "png"],
      ["a.pdf", undefined, "attachment", undefined, "%PDF"],
    ]);
  });

  it("goes out without its pictures rather than not at all", async () => {
    const files = (): never => {
      throw new Error("no canvas on this machine");
    };
    const { rendered, ...others } = mail("a");
    await delivery().deliver([{ ...others, rendered: { ...rendered, files } }]);
    await mailsReceived(1);
    expect(received[0]?.mail.attachments).toEqual([]);
  });

  it("to nobody is for channels alone, and is told to them again until somebody has it", async () => {
    expect(await delivery().deliver([mail("a", [])])).toEqual({ sent: 0, repeated: 0, refused: 0 });
    expect(told).toEqual(["team-report/2026-10/a/final"]);
    expect(recorded.size).toBe(0);
    expect(await delivery().deliver([mail("a")])).toEqual({ sent: 1, repeated: 0, refused: 0 });
    await mailsReceived(1);
  });

  it("cannot get a header of its own into the mail", async () => {
    await delivery().deliver([mail("a", ["a@example.com"], "Report\r\nBcc: thief@example.com")]);
    await mailsReceived(1);
    expect(received[0]?.to).toEqual(["a@example.com"]);
    expect(received[0]?.mail.bcc).toBeUndefined();
  });
});

describe("a mail that is held back", () => {
  const NOTICE = "held-back/2026-11/2026-11-24";
  const held = new Map([["team-report/2026-10/a/final", "held back: too many"]]);

  it("is put on record once finance was told, and no sooner, so that finance is told", async () => {
    replies.set("finance@example.com", 450);
    const one = delivery(records(), mailer, { held });
    await expect(one.deliver([mail("a"), mail("b")])).rejects.toBeInstanceOf(DeferredError);
    expect([...recorded.keys()]).toEqual(["team-report/2026-10/b/final"]);
    replies.clear();
    expect(await one.deliver([mail("a"), mail("b")])).toEqual({ sent: 1, repeated: 1, refused: 1 });
    expect([...recorded].slice(1)).toEqual([
      [NOTICE, ["finance@example.com"]],
      ["team-report/2026-10/a/final", []],
    ]);
    await mailsReceived(2);
    expect(received[1]?.mail.text).toContain("held back: too many");
  });

  it("is put on record when another sender has told finance", async () => {
    const take = async (key: string): ReturnType<DeliveryClaims["take"]> => {
      if (key !== NOTICE) return { key, attempt: 0 };
      setTimeout(() => recorded.set(NOTICE, ["finance@example.com"]), 300);
      return undefined;
    };
    await delivery(records(), mailer, { held, claims: { ...unrivalled, take } }).deliver([mail("a")]);
    expect([...recorded.keys()]).toEqual([NOTICE, "team-report/2026-10/a/final"]);
    await mailsReceived(0);
  });
});

describe("a mail server that does not take mail", () => {
  it("is an error that says so, and nothing is recorded", async () => {
    const away = createSmtpMailer(smtpConfig.parse({ host: "127.0.0.1", port: 1, security: "none" }), {
      from: "a@example.com",
    });
    await expect(delivery(records(), away).deliver([mail("a")])).rejects.toBeInstanceOf(MailServerError);
    expect(recorded.size).toBe(0);
  });

  it("gets neither mail nor password over a connection that is not encrypted, unless that is configured", async () => {
    const auth = { user: "finops", password: new Secret("hunter2") };
    const strict = createSmtpMailer(smtpConfig.parse({ host: "127.0.0.1", port, auth }), {
      from: "a@example.com",
    });
    const error = await delivery(records(), strict)
      .deliver([mail("a")])
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MailServerError);
    expect(String((error as Error).stack)).not.toContain("hunter2");
    await mailsReceived(0);
  });
});
