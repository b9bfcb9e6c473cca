import { createHmac } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { Secret } from "@apportion/runtime/secret";
import { openWebhookServer, type WebhookServer } from "../testing/webhook-server.js";
import { isPublic } from "./address.js";
import { createChannel } from "./channel.js";
import { type ChannelConfig, channelsConfig, checkChannels } from "./config.js";
import type { Notice } from "./notice.js";
import type { Answer } from "./post.js";

const NOW = new Date("2026-11-24T10:00:00Z");
const SIGNING = "a-signing-secret-of-tests";
const notice: Notice = {
  key: "channel/chat/budget-alert/2026-11/search/90/2026-11@1200.00/0",
  channel: "chat",
  kind: "budget-alert",
  period: parseBillingPeriod("2026-11"),
  teamId: "search",
  subject: "Search: 90 % of the budget",
  text: "Search has spent $1,080.00.\n\n  compute   $900.00\n",
  queuedAt: NOW,
};

let server: WebhookServer;
beforeEach(async () => {
  server = await openWebhookServer();
});
afterEach(() => server.close());

function configOf(over: object = {}): ChannelConfig {
  const written = {
    name: "chat",
    kind: "slack",
    url: new Secret(server.url),
    finance: true,
    allowPrivate: true,
  };
  const [config] = channelsConfig.parse([{ ...written, ...over }]);
  if (!config) throw new Error("no channel");
  return config;
}

const signed = (over: object = {}): ChannelConfig =>
  configOf({ kind: "webhook", secret: new Secret(SIGNING), ...over });

const sendTo = (config: ChannelConfig, given = notice): Promise<Answer> =>
  createChannel(config).send(given, NOW);

/** As a channel elsewhere would be: the addresses of its host are looked at. */
const guarded = (url: string): Promise<Answer> =>
  sendTo({ ...configOf(), url: new Secret(url), allowPrivate: false });

describe("an answer of a channel", () => {
  it.each([
    [200, "accepted"],
    [202, "accepted"],
    [302, "refused"],
    [308, "refused"],
    [400, "refused"],
    [404, "refused"],
    [410, "refused"],
    [408, "deferred"],
    [425, "deferred"],
    [429, "deferred"],
    [500, "deferred"],
    [503, "deferred"],
  ])("%i: %s", async (status, kind) => {
    server.replies = [{ status, headers: { location: "http://127.0.0.1:1/elsewhere" } }];
    expect(await sendTo(configOf())).toMatchObject({ kind });
    expect(server.received).toHaveLength(1);
  });

  it("asks for a pause in seconds or by a date", async () => {
    server.replies = [{ status: 429, headers: { "retry-after": "7" } }];
    expect(await sendTo(configOf())).toMatchObject({ kind: "deferred", pauseMs: 7_000 });
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    server.replies = [{ status: 503, headers: { "retry-after": inAnHour } }];
    const answer = await sendTo(configOf());
    expect(answer.kind === "deferred" && answer.pauseMs).toBeGreaterThan(3_590_000);
  });

  it("that never comes is put off in time, and so is nobody there", async () => {
    server.replies = ["hang"];
    expect(await sendTo(configOf({ timeoutMs: 200 }))).toEqual({
      kind: "deferred",
      reply: "not answered within 200 ms",
    });
    const gone = configOf({ url: new Secret("http://127.0.0.1:1/services/hooks") });
    expect(await sendTo(gone)).toEqual({ kind: "deferred", reply: "no answer (ECONNREFUSED)" });
  });

  it("without end is quoted in its beginning", async () => {
    const endless = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.write("HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n");
      const timer = setInterval(() => socket.write(`400\r\n${"x".repeat(1_024)}\r\n`), 1);
      socket.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => {
      endless.listen(0, "127.0.0.1", resolve);
    });
    const { port } = endless.address() as AddressInfo;
    const answer = await sendTo(configOf({ url: new Secret(`http://127.0.0.1:${port}/endless`) }));
    expect(answer).toMatchObject({
      kind: "deferred",
      reply: expect.stringMatching(/^500: x{10,}…$/) as string,
    });
    await new Promise((resolve) => {
      endless.close(resolve);
    });
  });

  it("that repeats the URL does not get its secret into what is said", async () => {
    server.replies = [{ status: 404, body: (path) => `Cannot POST ${path}; no ${path.split("/").at(-1)}` }];
    const answer = await sendTo(configOf());
    expect(answer).toMatchObject({
      kind: "refused",
      reply: expect.stringContaining("Cannot POST") as string,
    });
    expect(JSON.stringify(answer)).not.toMatch(/token-that|T0123/);
  });
});

describe("an address inside", () => {
  it.each([
    "http://127.0.0.1/hook",
    "http://2130706433/hook",
    "http://localhost/hook",
    "http://10.1.2.3/hook",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]/hook",
    "http://[::ffff:10.0.0.1]/hook",
    "http://[fe80::1]/hook",
    "http://[fd00::1]/hook",
    "http://0.0.0.0/hook",
  ])("%s is never called", async (url) => {
    const { port } = new URL(server.url);
    const at = new URL(url);
    at.port = port;
    expect(await guarded(at.href)).toMatchObject({
      kind: "refused",
      reply: expect.stringContaining("no public address") as string,
    });
    expect(server.received).toEqual([]);
  });

  it.each([
    ["93.184.215.14", true],
    ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", true],
    ["100.64.0.1", false],
    ["192.168.0.1", false],
    ["172.31.255.255", false],
    ["::ffff:127.0.0.1", false],
    ["64:ff9b::a00:1", false],
    ["224.0.0.1", false],
    ["255.255.255.255", false],
    ["not an address", false],
  ])("%s is public: %s", (address, expected) => {
    expect(isPublic(address)).toBe(expected);
  });
});

describe("what is posted", () => {
  it("to Slack mentions nobody and links nowhere", async () => {
    await sendTo(configOf(), { ...notice, text: "<!channel> ``` <http://evil|click> & more" });
    const { text } = JSON.parse(server.received[0]?.body ?? "") as { text: string };
    expect(text).toBe(
      "*Search: 90 % of the budget*\n```\n&lt;!channel&gt; ''' &lt;http://evil|click&gt; &amp; more\n```",
    );
  });

  it("to Teams is an Adaptive Card of text runs, whatever is in a name", async () => {
    await sendTo(configOf({ kind: "teams" }), { ...notice, text: "[click](http://evil)\n\n  two  spaces" });
    const message = JSON.parse(server.received[0]?.body ?? "") as {
      attachments: { contentType: string; content: { type: string; body: { type: string }[] } }[];
    };
    const [card] = message.attachments;
    expect(card?.contentType).toBe("application/vnd.microsoft.card.adaptive");
    expect(card?.content.type).toBe("AdaptiveCard");
    expect(card?.content.body.map(({ type }) => type)).toEqual([
      "RichTextBlock",
      "RichTextBlock",
      "RichTextBlock",
    ]);
    expect(JSON.stringify(card)).toContain('"text":"[click](http://evil)"');
  });

  it("stays small, however long the mail is", async () => {
    await sendTo(configOf({ kind: "teams" }), { ...notice, text: `${"😀".repeat(30)}\n`.repeat(5_000) });
    expect(Buffer.byteLength(server.received[0]?.body ?? "")).toBeLessThan(28_000);
    expect(server.received[0]?.body).toContain("the mail says all of it");
  });

  it("to a webhook is a CloudEvent, the same each time, that only the owner of the secret can have signed", async () => {
    const channel = createChannel(signed());
    await channel.send(notice, NOW);
    await channel.send(notice, new Date(NOW.getTime() + 60_000));
    const [first, second] = server.received;
    expect(first?.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    const event = JSON.parse(first?.body ?? "") as Record<string, unknown>;
    expect(event).toMatchObject({
      specversion: "1.0",
      source: "/apportion/notifier",
      type: "apportion.notification.budget-alert.v1",
      subject: "2026-11/search",
      time: NOW.toISOString(),
      data: { month: "2026-11", team: "search", subject: notice.subject, text: notice.text },
    });
    expect(second?.body).toBe(first?.body);
    for (const { headers, body } of server.received) {
      expect(headers["idempotency-key"]).toBe(event["id"]);
      expect(headers["webhook-id"]).toBe(event["id"]);
      const signedText = `${String(event["id"])}.${String(headers["webhook-timestamp"])}.${body}`;
      const expected = createHmac("sha256", SIGNING).update(signedText).digest("base64");
      expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
    }
    expect(second?.headers["webhook-timestamp"]).not.toBe(first?.headers["webhook-timestamp"]);
  });

  it("has its attributes in headers where that is configured, and no line break gets into one", async () => {
    await sendTo(signed({ mode: "binary" }), { ...notice, teamId: "séarch" });
    const [one] = server.received;
    expect(one?.headers).toMatchObject({
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-type": "apportion.notification.budget-alert.v1",
      "ce-subject": "2026-11/s%C3%A9arch",
    });
    expect(JSON.parse(one?.body ?? "")).toMatchObject({ team: "séarch", text: notice.text });
  });
});

describe("a channel is configured", () => {
  const problems = (...channels: object[]): string[] => {
    const parsed = channelsConfig.safeParse(channels);
    return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
  };

  it("with all its mistakes told at once, and none of them says the secret", () => {
    const said = problems(
      { name: "Chat", kind: "slack", url: "https://hooks.example.com/a", finance: true },
      {
        name: "a",
        kind: "webhook",
        url: new Secret("http://hooks.example.com/secret-path-1"),
        finance: true,
      },
      {
        name: "a",
        kind: "slack",
        url: new Secret("https://u:p@hooks.example.com/x"),
        secret: new Secret("short"),
      },
    );
    expect(said).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^0\.name: small letters/) as string,
        expect.stringMatching(/^0\.url: a secret is given as/) as string,
        expect.stringMatching(/^1\.secret: a webhook is signed/) as string,
        expect.stringMatching(/^1\.url: the URL must begin with https/) as string,
        expect.stringMatching(/^2\.url: user and password/) as string,
        expect.stringMatching(/^2\.secret: /) as string,
        expect.stringMatching(/^2: for whom/) as string,
        ": two have the same name",
      ]),
    );
    expect(said.join("\n")).not.toMatch(/secret-path-1|short|u:p/);
  });

  it("only for teams, departments and cost centers that there are", () => {
    const named = { teams: ["search", "gone"], departments: ["media"], costCenters: ["cc-old"] };
    const known = { teams: [{ id: "search" }], departments: [], costCenters: [{ id: "cc-new" }] };
    expect(checkChannels({ ...known, notifier: { channels: [named] } })).toEqual([
      { path: ["notifier", "channels", 0, "teams", 1], message: 'there is no team "gone"' },
      { path: ["notifier", "channels", 0, "departments", 0], message: 'there is no department "media"' },
      { path: ["notifier", "channels", 0, "costCenters", 0], message: 'there is no cost center "cc-old"' },
    ]);
  });

  it("with plain http only inside", () => {
    expect(
      problems({ name: "a", kind: "slack", url: new Secret(server.url), finance: true, allowPrivate: true }),
    ).toEqual([]);
  });
});
