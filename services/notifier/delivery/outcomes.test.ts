import { SMTPServer } from "smtp-server";
import { afterEach, expect, it } from "vitest";
import { tellRows } from "@apportion/recovery/records";
import { smtpConfig } from "../config.js";
import { openTestPlatform, type TestPlatform } from "../testing/platform.js";
import { createSmtpMailer } from "./mailer.js";
import { createRecipientOutcomes } from "./outcomes.js";

let test: TestPlatform;
let server: SMTPServer;
afterEach(async () => {
  await test.close();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
});

const REPLIES: Readonly<Record<string, number>> = { "gone@example.com": 550, "later@example.com": 450 };

it("what a mail server says of single recipients is on record, and put back when the tables were lost", async () => {
  test = await openTestPlatform();
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    onRcptTo: ({ address }, _session, callback) => {
      const code = REPLIES[address];
      callback(code === undefined ? null : Object.assign(new Error("no"), { responseCode: code }));
    },
    onData: (stream, _session, callback) => void stream.resume().on("end", () => callback()),
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.server.address() as { port: number };
  const mailer = createSmtpMailer(smtpConfig.parse({ host: "127.0.0.1", port, security: "none" }), {
    from: "finops@example.com",
  });
  const to = ["lead@example.com", ...Object.keys(REPLIES)];
  const at = new Date("2026-11-24T10:00:00Z");
  const outcome = await mailer.send({
    subject: "s",
    text: "t",
    html: "<p>t</p>",
    files: [],
    messageId: "<1@example.com>",
    to,
    envelopeTo: to,
    date: at,
  });
  mailer.close();
  const outcomes = createRecipientOutcomes(test.clickhouse, test.log);
  await outcomes.note("report", outcome, at);
  const progress = await outcomes.progressOf("report");
  expect([progress.accepted, [...progress.refused.keys()], progress.deferredSince]).toEqual([
    new Set(["lead@example.com"]),
    ["gone@example.com"],
    at.getTime(),
  ]);
  // As it was told once, with a field that the table never had.
  const row = { delivery_key: "older", recipient: "gone@example.com", outcome: "refused", reply: "550 no" };
  const rows = [{ ...row, at: at.toISOString(), permanent: true }];
  await tellRows(test.log, [{ table: "delivery_outcomes", token: "older", rows }]);
  const recovery = await test.platform.recovery();
  await recovery.tell();
  await test.clickhouse.command({ query: "TRUNCATE TABLE delivery_outcomes" });
  await recovery.putBack("again");
  expect(await outcomes.progressOf("report")).toEqual(progress);
  expect([...(await outcomes.progressOf("older")).refused.keys()]).toEqual(["gone@example.com"]);
});
