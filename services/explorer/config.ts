import { z } from "zod";
import {
  areDistinct,
  BESIDE_MISTAKES,
  hasNoCredentials,
  NO_CREDENTIALS,
} from "@apportion/runtime/config-rules";
import type { Secret } from "@apportion/runtime/secret";
import { secretSchema } from "@apportion/runtime/secret-schema";
import { isLoopback, ROLES } from "./server/roles.js";

/** Where pages and the API are answered when nobody says otherwise. */
export const EXPLORER_PORT = 8480;

/** Secrets of ours alone, of which nobody should have to remember one. */
const SECRET_CHARACTERS_MIN = 32;
const TOO_SHORT = `a secret of at least ${SECRET_CHARACTERS_MIN} characters, such as one of \`openssl rand -hex 32\``;

const role = z.enum(ROLES);
const teamIds = z.array(z.string().min(1).max(200)).max(1_000);

/** Https, or a server on this machine. */
const address = z
  .url({ protocol: /^https?$/, error: "an address that begins with https://" })
  .max(500)
  .refine(hasNoCredentials, NO_CREDENTIALS)
  .refine((url) => !URL.canParse(url) || new URL(url).protocol === "https:" || isLoopback(new URL(url)), {
    error: "begins with https://; http:// is only for this machine, or others would read along",
  });

const claim = z
  .string()
  .min(1)
  .max(200)
  .describe(
    "Claim of the ID token, or else of the user info, that is a text or a list of texts, such as groups. Dots lead into it: realm_access.roles",
  );
const value = z.string().min(1).max(500);

const signIn = z.strictObject({
  issuer: address.describe(
    "OpenID Connect provider, as its discovery document names itself: https://login.example.com/realms/company",
  ),
  clientId: z
    .string()
    .min(1)
    .max(300)
    .describe("Of a confidential web client with authorization code and PKCE"),
  clientSecret: secretSchema.describe("Of the client, as { env: NAME } or { file: PATH }"),
  publicUrl: address
    .refine((url) => !URL.canParse(url) || isOrigin(new URL(url)), {
      error: "an address without a path: pages are at its root",
    })
    .transform((url) => new URL(url).origin)
    .describe(
      "Where people open the pages: https://costs.example.com. The provider must know its /auth/callback as redirect URI",
    ),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, "a scope without spaces"))
    .max(50)
    .default(["profile", "email"])
    .describe("Asked for beside openid: those without which the claims below are not given, such as groups"),
  rolesFrom: z
    .strictObject({
      claim,
      values: z
        .record(value, z.array(role).min(1))
        .describe(
          "Roles by value of the claim. finance sees and decides all; lead their teams; analyst sees all but names of protected teams; operator as analyst, and decides about closes and readings",
        ),
    })
    .describe("What somebody may see and decide. Who has none is told whom to ask, and sees nothing"),
  teamsFrom: z
    .strictObject({
      claim,
      values: z.record(value, teamIds.min(1)).describe("Ids of teams by value of the claim"),
    })
    .optional()
    .describe("Which teams a lead leads"),
  askForAccess: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe("Whom to ask for a role, as it is shown to who has none: a name, an address, a page"),
  sessionHours: z
    .int()
    .min(1)
    .max(24)
    .default(8)
    .describe("How long a sign-in holds. Roles that were taken away hold until then"),
  sessionKey: secretSchema
    .optional()
    .describe(
      "Signs sessions, as { env: NAME } or { file: PATH }; at least 32 characters. Several processes need the same one. Without it each start makes a new one, and everybody signs in again",
    ),
});

const token = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "small letters, digits, dots, dashes and underscores")
    .describe("Names the program in logs and on record"),
  secret: secretSchema.describe(
    "What it sends as `Authorization: Bearer …`, as { env: NAME } or { file: PATH }; at least 32 characters",
  ),
  roles: z.array(role).min(1).describe("As of people"),
  teams: teamIds.default([]).describe("Of a lead"),
});

/** The `explorer` section of `apportion.yaml`. */
export const explorerConfig = z
  .strictObject({
    host: z
      .union([z.ipv4(), z.ipv6()], { error: "an IP address such as 127.0.0.1, 0.0.0.0 or ::" })
      .default("127.0.0.1")
      .describe(
        "Address on which it listens. Without `signIn` it answers this machine alone: 127.0.0.1 or ::1",
      ),
    port: z
      .union([z.int().min(0).max(65_535), z.literal("off")])
      .optional()
      .describe(
        `Port of pages and API; 0 takes a free one, \`off\` answers nobody. ${EXPLORER_PORT} where absent, or a free one where that is taken`,
      ),
    signIn: signIn.optional().describe("Who may see what, by OpenID Connect"),
    tokens: z
      .array(token)
      .max(200)
      .refine((tokens) => areDistinct(tokens, "name"), {
        ...BESIDE_MISTAKES,
        error: "two have the same name",
      })
      .default([])
      .describe("Programs that ask the API, each with a secret of its own; where people sign in"),
  })
  .refine(
    ({ host, signIn: asked }) =>
      asked !== undefined || typeof host !== "string" || isLoopback({ hostname: host }),
    {
      ...BESIDE_MISTAKES,
      path: ["host"],
      error:
        "without `explorer.signIn` anybody who reaches it would see everything: configure that, or listen on 127.0.0.1",
    },
  )
  .refine(
    ({ tokens, signIn: asked }) => asked !== undefined || !Array.isArray(tokens) || tokens.length === 0,
    {
      ...BESIDE_MISTAKES,
      path: ["tokens"],
      error: "are for where people sign in: without `explorer.signIn` this machine sees everything as it is",
    },
  )
  .superRefine(({ signIn: asked, tokens }, context) => {
    if (isShort(asked?.sessionKey))
      context.addIssue({ code: "custom", path: ["signIn", "sessionKey"], message: TOO_SHORT });
    for (const [index, { secret }] of tokens.entries())
      if (isShort(secret))
        context.addIssue({ code: "custom", path: ["tokens", index, "secret"], message: TOO_SHORT });
    for (const [index, { secret }] of tokens.entries())
      if (tokens.slice(0, index).some((other) => isSame(other.secret, secret)))
        context.addIssue({
          code: "custom",
          path: ["tokens", index, "secret"],
          message: "is another program's too",
        });
  });
export type ExplorerConfig = z.infer<typeof explorerConfig>;
export type SignInConfig = NonNullable<ExplorerConfig["signIn"]>;
export type TokenConfig = ExplorerConfig["tokens"][number];

function isOrigin({ pathname, search, hash }: URL): boolean {
  return pathname === "/" && search === "" && hash === "";
}

/** Undefined where this process is not given the secret, so that nothing can be said of it. */
function revealed(secret: Secret | undefined): string | undefined {
  try {
    return secret?.reveal();
  } catch {
    return undefined;
  }
}

function isShort(secret: Secret | undefined): boolean {
  const text = revealed(secret);
  return text !== undefined && text.length < SECRET_CHARACTERS_MIN;
}

function isSame(one: Secret, other: Secret): boolean {
  const text = revealed(one);
  return text !== undefined && text === revealed(other);
}

/** Teams that are named must be there, and who is a lead needs some. */
export function checkExplorer({
  teams,
  explorer: { signIn: asked, tokens },
}: {
  readonly teams: readonly { readonly id: string }[];
  readonly explorer: Pick<ExplorerConfig, "signIn" | "tokens">;
}): { path: (string | number)[]; message: string }[] {
  const known = new Set(teams.map(({ id }) => id));
  const unknown = (named: readonly string[], at: readonly (string | number)[]) =>
    named.flatMap((id, index) =>
      known.has(id) ? [] : [{ path: ["explorer", ...at, index], message: `there is no team "${id}"` }],
    );
  const leads = Object.values(asked?.rolesFrom.values ?? {}).some((roles) => roles.includes("lead"));
  return [
    ...(leads && !asked?.teamsFrom
      ? [
          {
            path: ["explorer", "signIn", "rolesFrom"],
            message: "gives the role lead, and no `teamsFrom` says of which teams: leads would see nothing",
          },
        ]
      : []),
    ...Object.entries(asked?.teamsFrom?.values ?? {}).flatMap(([claimed, named]) =>
      unknown(named, ["signIn", "teamsFrom", "values", claimed]),
    ),
    ...tokens.flatMap(({ teams: named, roles }, index) => [
      ...unknown(named, ["tokens", index, "teams"]),
      ...(roles.includes("lead") && named.length === 0
        ? [{ path: ["explorer", "tokens", index, "teams"], message: "of a lead there must be some" }]
        : []),
    ]),
  ];
}
