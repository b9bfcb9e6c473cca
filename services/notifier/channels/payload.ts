import { createHmac } from "node:crypto";
import { sha256 } from "@apportion/domain/hash";
import type { Notice } from "./notice.js";

export interface Payload {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Characters of a text that a chat shows; Slack takes 40,000 and Teams 28 KB for a whole card, markup included. */
const TEXT_CHARACTERS_MAX = 6_000;
const LINES_MAX = 80;

/** What Slack's incoming webhooks take: subject, and the text as it is spaced. */
export function slackPayload({ subject, text }: Notice): Payload {
  const body = slackText(shortened(text)).replaceAll("```", "'''");
  return json({ text: `*${slackText(subject).replaceAll("*", "∗")}*\n\`\`\`\n${body}\n\`\`\`` });
}

/** Nothing in a name may mention a channel or be a link: https://docs.slack.dev/messaging/formatting-message-text */
function slackText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** What the webhook of Teams' Workflows takes: an Adaptive Card. Its text runs, unlike text blocks, have no Markdown, so nothing in a name is a link. */
export function teamsPayload({ subject, text }: Notice): Payload {
  const lines = shortened(text).split("\n");
  const card = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    msteams: { width: "Full" },
    body: [
      richText(subject, { weight: "Bolder", size: "Medium" }),
      ...lines.flatMap((line, index) =>
        line === ""
          ? []
          : [richText(line, { fontType: "Monospace" }, lines[index - 1] === "" ? "Medium" : "None")],
      ),
    ],
  };
  return json({
    type: "message",
    attachments: [
      { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content: card },
    ],
  });
}

function richText(text: string, style: object, spacing = "Default"): object {
  // Spaces in a row are one, but for those that are not broken.
  const shown = text.replaceAll("  ", "\u00a0\u00a0");
  return { type: "RichTextBlock", spacing, inlines: [{ type: "TextRun", text: shown, ...style }] };
}

/**
 * A CloudEvent 1.0 over HTTP, signed as Standard Webhooks says: `webhook-signature` is `v1,` and base64 of HMAC-SHA256 over id, timestamp and body
 * with dots between. A message that comes again has the same id, as CloudEvents id and as `Idempotency-Key`.
 */
export function webhookPayload(
  notice: Notice,
  {
    mode,
    secret,
    now,
  }: { readonly mode: "structured" | "binary"; readonly secret: string; readonly now: Date },
): Payload {
  const { key, kind, period, teamId, subject, text } = notice;
  const id = idOf(key);
  const attributes = {
    specversion: "1.0",
    id,
    source: "/apportion/notifier",
    type: `apportion.notification.${kind}.v1`,
    subject: teamId === "" ? period : `${period}/${teamId}`,
    time: notice.queuedAt.toISOString(),
  };
  const data = { key, kind, month: period, team: teamId === "" ? null : teamId, subject, text };
  const isStructured = mode === "structured";
  const body = JSON.stringify(
    isStructured ? { ...attributes, datacontenttype: "application/json", data } : data,
  );
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const signature = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    body,
    headers: {
      "content-type": isStructured ? "application/cloudevents+json; charset=utf-8" : "application/json",
      ...(!isStructured &&
        Object.fromEntries(
          // Other characters than ASCII's are percent-encoded: HTTP binding, section 3.1.3.2.
          Object.entries(attributes).map(([name, value]) => [`ce-${name}`, encodeURI(value)]),
        )),
      "idempotency-key": id,
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature}`,
    },
  };
}

/** The same for each attempt at the same message. */
export function idOf(key: string): string {
  return sha256(key).slice(0, 40);
}

function keyOf(secret: string): Buffer {
  return secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret, "utf8");
}

function json(body: object): Payload {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function shortened(text: string): string {
  const whole = text.trimEnd();
  const lines = whole.slice(0, TEXT_CHARACTERS_MAX).split("\n").slice(0, LINES_MAX);
  const shown = lines.join("\n").replace(/[\ud800-\udbff]$/, "");
  return shown.length < whole.length ? `${shown}\n… the mail says all of it` : shown;
}
