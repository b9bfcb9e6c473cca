import { z } from "zod";
import {
  areDistinct,
  BESIDE_MISTAKES,
  hasNoCredentials,
  NO_CREDENTIALS,
} from "@apportion/runtime/config-rules";
import type { Secret } from "@apportion/runtime/secret";
import { secretSchema } from "@apportion/runtime/secret-schema";

/** What a channel can be told; what takes something back goes where that went. */
export const CHANNEL_MESSAGES = ["budget", "forecast", "anomaly", "report", "not-closed"] as const;
export type ChannelMessage = (typeof CHANNEL_MESSAGES)[number];

const channel = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "small letters, digits, dots, dashes and underscores")
      .describe("Names it in records, logs and `apportion notifications`; its URL is never shown. Keep it"),
    kind: z
      .enum(["slack", "teams", "webhook"])
      .describe(
        "slack: an incoming webhook of Slack, or what takes the same (Mattermost, Rocket.Chat); teams: a webhook of Teams' Workflows, an Adaptive Card; webhook: CloudEvents 1.0, signed",
      ),
    url: secretSchema.describe(
      "Where it is posted to, as { env: NAME } or { file: PATH }: who knows it can post too. https; http only with allowPrivate. It is connected to directly, without a proxy",
    ),
    secret: secretSchema
      .optional()
      .describe(
        "Of a webhook: signs what is posted with HMAC-SHA256, as { env: NAME } or { file: PATH }; at least 16 characters, or `whsec_` and base64",
      ),
    mode: z
      .enum(["structured", "binary"])
      .default("structured")
      .describe(
        "Of a webhook: whether the attributes of a CloudEvent stand around its data (structured), or in headers (binary)",
      ),
    teams: z.array(z.string().min(1)).max(1_000).default([]).describe("Teams whose messages go there"),
    departments: z
      .array(z.string().min(1))
      .max(500)
      .default([])
      .describe("Departments the alerts of whose own budgets go there"),
    costCenters: z
      .array(z.string().min(1))
      .max(1_000)
      .default([])
      .describe("Cost centers the alerts of whose own budgets go there"),
    finance: z.boolean().default(false).describe("Whether the messages that finance gets go there"),
    messages: z
      .array(z.enum(CHANNEL_MESSAGES))
      .min(1)
      .refine((kinds) => areDistinct(kinds), { error: "each once" })
      .default([...CHANNEL_MESSAGES])
      .describe(
        "Which of them: alerts of budgets, of forecasts, of unexpected days, with what takes them back; a short notice of each monthly report; and of a month that cannot close",
      ),
    allowPrivate: z
      .boolean()
      .default(false)
      .describe(
        "Whether the address may be a private one, of this machine or of its network; for a relay in the company. Without it nothing is sent to such an address, whatever the name resolves to",
      ),
    timeoutMs: z.int().min(100).max(60_000).default(10_000).describe("For a whole answer, in milliseconds"),
  })
  .refine(({ kind, secret }) => (kind === "webhook") === (secret !== undefined), {
    ...BESIDE_MISTAKES,
    path: ["secret"],
    error: "a webhook is signed, so it needs a secret; slack and teams have none",
  })
  .refine(({ finance, ...named }) => finance || OWNERS.some((list) => !isEmptyList(named[list])), {
    ...BESIDE_MISTAKES,
    error: "for whom? Name teams, departments or costCenters, or say finance: true",
  })
  .superRefine(({ url, secret, allowPrivate }, context) => {
    const wrong = urlProblem(revealed(url), allowPrivate);
    if (wrong !== undefined) context.addIssue({ code: "custom", path: ["url"], message: wrong });
    const key = revealed(secret);
    if (key !== undefined && key.length < SECRET_CHARACTERS_MIN)
      context.addIssue({
        code: "custom",
        path: ["secret"],
        message: `a secret of at least ${SECRET_CHARACTERS_MIN} characters`,
      });
  });

export type ChannelConfig = z.infer<typeof channel>;

const SECRET_CHARACTERS_MIN = 16;

/** Lists of those whose messages a channel gets. */
const OWNERS = ["teams", "departments", "costCenters"] as const;

/** A list that is a mistake itself is not empty: it has its own message. */
function isEmptyList(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0;
}

export const channelsConfig = z
  .array(channel)
  .max(200)
  .refine((channels) => areDistinct(channels, "name"), {
    ...BESIDE_MISTAKES,
    error: "two have the same name",
  });

/** Undefined where this process is not given the secret, so that nothing can be said of it. */
function revealed(secret: Secret | undefined): string | undefined {
  try {
    return secret?.reveal();
  } catch {
    return undefined;
  }
}

function urlProblem(url: string | undefined, allowPrivate: boolean): string | undefined {
  if (url === undefined) return undefined;
  if (!URL.canParse(url)) return "the secret is no URL";
  const { protocol } = new URL(url);
  if (!hasNoCredentials(url)) return NO_CREDENTIALS;
  if (protocol === "https:" || (protocol === "http:" && allowPrivate)) return undefined;
  return "the URL must begin with https://; http:// is only for a relay with allowPrivate";
}

/** Whoever a channel names must be there. */
export function checkChannels({
  notifier,
  ...sections
}: Readonly<Record<(typeof OWNERS)[number], readonly { readonly id: string }[]>> & {
  readonly notifier?:
    { readonly channels: readonly Pick<ChannelConfig, (typeof OWNERS)[number]>[] } | undefined;
}): { path: (string | number)[]; message: string }[] {
  return OWNERS.flatMap((list) => {
    const known = new Set(sections[list].map(({ id }) => id));
    return (notifier?.channels ?? []).flatMap(({ [list]: named }, index) =>
      named.flatMap((id, at) =>
        known.has(id)
          ? []
          : [
              {
                path: ["notifier", "channels", index, list, at],
                message: `there is no ${WORDS[list]} "${id}"`,
              },
            ],
      ),
    );
  });
}

const WORDS = { teams: "team", departments: "department", costCenters: "cost center" };
