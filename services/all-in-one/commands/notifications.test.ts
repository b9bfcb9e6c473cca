import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Notification } from "@apportion/books/notifications/read-notifications";
import { describeNotification } from "./notifications.js";
import { commandLine, type CommandLine, CONFIG, plain } from "./testing/command-line.js";

const sent: Notification = {
  key: "team-report/2026-10/ads/final",
  kind: "team-report",
  month: "2026-10",
  team: "ads",
  channel: "",
  state: "sent",
  at: "2026-11-09T06:00:00Z",
  recipients: ["ads@example.com"],
  missed: [],
  messageId: "<1@example.com>",
  askedBy: "",
};

describe("a message is described", () => {
  it("with whom it reached, whom it did not and what was said, and who had it sent again", () => {
    expect(plain(describeNotification(sent))).toEqual([
      "team-report/2026-10/ads/final  sent  2026-11-09T06:00:00Z  to ads@example.com",
    ]);
    const again: Notification = {
      ...sent,
      key: "retry/1/channel/chat/team-report/2026-10/ads/final",
      channel: "chat",
      state: "failed",
      recipients: [],
      missed: [{ recipient: "chat", reply: "404: \u001b[2Jno such hook" }],
      askedBy: "a controller",
    };
    expect(plain(describeNotification(again))).toEqual([
      "retry/1/channel/chat/team-report/2026-10/ads/final  failed  2026-11-09T06:00:00Z  to the channel chat",
      "  chat: 404: \\u001b[2Jno such hook",
      "  sent again for a controller",
    ]);
  });
});

describe("apportion notifications", () => {
  let cli: CommandLine;
  beforeAll(async () => {
    cli = commandLine();
    await cli.run("migrate");
  });
  afterAll(() => cli.remove());

  it("says that nothing was said yet, and of what there is nothing", async () => {
    expect(plain([(await cli.run("notifications", "list")).out])).toEqual(["Nothing was said yet.\n"]);
    expect(await cli.run("notifications", "list", "--failed", "--json")).toMatchObject({
      code: 0,
      out: "[]\n",
    });
    expect(await cli.run("notifications", "list", "--team", "adds")).toMatchObject({ code: 2 });
    const ofKind = (kind: string) => cli.run("notifications", "list", "--kind", kind);
    expect(await ofKind("held-back")).toMatchObject({ code: 0 });
    expect(await ofKind("nonsense")).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/no kind "nonsense"; there are budget-alert, .*, undeliverable/) as string,
    });
    expect(await cli.run("notifications", "show", "a/b")).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no message "a/b"') as string,
    });
  });

  it("sends nothing again that was not given up, and nothing for nobody", async () => {
    const retry = (...argv: string[]) => cli.run("notifications", "retry", "a/b", ...argv);
    expect(await retry()).toMatchObject({ code: 2, err: expect.stringContaining("--by") as string });
    expect(await retry("--by", " ")).toMatchObject({ code: 2 });
    expect(await retry("--by", "a controller\u202e")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--by may hold no line break") as string,
    });
    expect(await retry("--by", "a controller")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no section `notifier`") as string,
    });
    cli.write(
      `${CONFIG}\nnotifier: { smtp: { host: mail.example.com }, from: a@example.com, finance: [f@example.com] }\n`,
    );
    expect(await retry("--by", "a controller")).toMatchObject({
      code: 2,
      err: expect.stringContaining('Nothing is kept under "a/b"') as string,
    });
  });
});
