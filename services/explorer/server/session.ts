import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { z } from "zod";
import type { SignInConfig } from "../config.js";
import { ROLES } from "./roles.js";

/** Who signed in, as the cookie has it. What they lead and may is what the provider said then: it holds until it ends. */
const session = z.strictObject({
  kind: z.literal("session"),
  subject: z.string().min(1),
  name: z.string(),
  roles: z.array(z.enum(ROLES)),
  teams: z.array(z.string()),
  /** Milliseconds since 1970, on the clock of the service. */
  endsAt: z.int(),
});
export type Session = Omit<z.output<typeof session>, "kind" | "endsAt">;

/** A sign-in that is under way at the provider. */
const underWay = z.strictObject({
  kind: z.literal("signing-in"),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  endsAt: z.int(),
});
export type UnderWay = Omit<z.output<typeof underWay>, "kind" | "endsAt">;

/** How long somebody may take at the provider. */
const SIGNING_IN_MS = 10 * 60_000;
/** Browsers keep cookies of 4096 bytes with their name and attributes. */
const COOKIE_CHARACTERS_MAX = 3_800;

/** Somebody leads more teams than a cookie holds. */
export class SessionTooLargeError extends Error {
  override readonly name = "SessionTooLargeError";
}

/** Keeps who signed in with their browser, signed: every process with the same key knows them, and none has to remember. */
export interface Sessions {
  /** @throws SessionTooLargeError */
  begin(c: Context, of: Session): Promise<void>;
  /** Undefined where nobody signed in, where that has ended, and where it was not this service that said so. */
  of(c: Context): Promise<Session | undefined>;
  end(c: Context): void;
  /** A sign-in goes to the provider. */
  send(c: Context, of: UnderWay): Promise<void>;
  /** Comes back from there, once. */
  comeBack(c: Context): Promise<UnderWay | undefined>;
}

export function keepSessions(
  { sessionKey, sessionHours, publicUrl }: Pick<SignInConfig, "sessionKey" | "sessionHours" | "publicUrl">,
  now: () => number,
): Sessions {
  const key = sessionKey?.reveal() ?? randomBytes(32).toString("hex");
  const isSecure = publicUrl.startsWith("https:");
  // With this prefix no sibling of the host can set it.
  const prefix = isSecure ? "__Host-" : "";
  const attributes = {
    path: "/",
    httpOnly: true,
    secure: isSecure,
    sameSite: "Lax",
  } as const;
  const set = async (c: Context, name: string, value: object, ms: number): Promise<void> => {
    const text = Buffer.from(JSON.stringify({ ...value, endsAt: now() + ms })).toString("base64url");
    if (text.length > COOKIE_CHARACTERS_MAX) throw new SessionTooLargeError(`${text.length} characters`);
    await setSignedCookie(c, `${prefix}${name}`, text, key, { ...attributes, maxAge: Math.floor(ms / 1000) });
  };
  const get = async <T extends { readonly endsAt: number }>(
    c: Context,
    name: string,
    schema: z.ZodType<T>,
  ): Promise<T | undefined> => {
    const text = await getSignedCookie(c, key, `${prefix}${name}`);
    if (!text) return undefined;
    const { success, data } = schema.safeParse(parsed(text));
    return success && data.endsAt > now() ? data : undefined;
  };
  return {
    begin: (c, of) => set(c, "apportion-session", { kind: "session", ...of }, sessionHours * 3_600_000),
    of: (c) => get(c, "apportion-session", session),
    end: (c) => void deleteCookie(c, `${prefix}apportion-session`, attributes),
    send: (c, of) => set(c, "apportion-signing-in", { kind: "signing-in", ...of }, SIGNING_IN_MS),
    comeBack: async (c) => {
      const found = await get(c, "apportion-signing-in", underWay);
      deleteCookie(c, `${prefix}apportion-signing-in`, attributes);
      return found;
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
