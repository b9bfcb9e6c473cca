import { Secret } from "@apportion/runtime/secret";
import type { ChannelConfig } from "./config.js";
import type { Notice } from "./notice.js";
import { type Payload, slackPayload, teamsPayload, webhookPayload } from "./payload.js";
import { type Answer, post, reach } from "./post.js";

/** Where people are told beside their mail, as it is configured. */
export interface Channel {
  readonly name: string;
  /** Posts once; what went wrong is part of the answer. */
  send(notice: Notice, now: Date): Promise<Answer>;
  /** Resolves when it lets us connect; nothing is said. For `doctor`. */
  reach(): Promise<void>;
}

export function createChannel(config: ChannelConfig): Channel {
  const { name, allowPrivate, timeoutMs } = config;
  const url = new URL(config.url.reveal());
  hideParts(url);
  const target = { url, allowPrivate, timeoutMs };
  return {
    name,
    send: (notice, now) => post(target, payloadOf(config, notice, now)),
    reach: () => reach(target),
  };
}

function payloadOf({ kind, mode, secret }: ChannelConfig, notice: Notice, now: Date): Payload {
  switch (kind) {
    case "slack":
      return slackPayload(notice);
    case "teams":
      return teamsPayload(notice);
    case "webhook":
      return webhookPayload(notice, { mode, secret: secret?.reveal() ?? "", now });
  }
}

/** Shorter parts of a path are words such as `services`. */
const SECRET_PART_MIN = 16;

/** A server that quotes what it was asked for says a part of the URL, and that part is what is secret of it. */
function hideParts({ pathname, search }: URL): void {
  const parts = [...pathname.split("/"), ...new URLSearchParams(search).values()];
  if (`${pathname}${search}`.length >= SECRET_PART_MIN) parts.push(`${pathname}${search}`, pathname);
  for (const part of parts) if (part.length >= SECRET_PART_MIN) void new Secret(part);
}
