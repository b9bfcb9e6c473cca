import type { Context } from "hono";
import {
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import type { Registry } from "@apportion/domain/tenancy";
import type { Logger } from "@apportion/runtime/logger";
import { printable } from "@apportion/runtime/printable";
import type { SignInConfig } from "../config.js";
import { claimOf, type Claims, grantedBy, nameOf } from "./claims.js";
import { isOfOwnPage } from "./guard.js";
import { effective } from "./identity.js";
import { findProvider, ProviderAwayError } from "./provider.js";
import { sendProblem, SIGN_IN_PATH, SIGN_OUT_PATH } from "./problem.js";
import type { ExplorerApp } from "./question.js";
import { say, STYLE, STYLE_PATH } from "./said.js";
import { type Session, type Sessions, SessionTooLargeError } from "./session.js";

const CALLBACK_PATH = "/auth/callback";
const SIGNED_OUT_PATH = "/auth/signed-out";
/** Where somebody comes back to; longer views are not kept over a sign-in. */
const RETURN_CHARACTERS_MAX = 1_000;
const TEXT_CHARACTERS_MAX = 200;

interface SignInDeps {
  readonly config: SignInConfig;
  readonly sessions: Sessions;
  readonly registry: Pick<Registry, "teams">;
  readonly logger: Logger;
  /** Whether somebody who is not known yet may ask now. */
  readonly allows: (c: Context) => boolean;
}

/** Adds `/auth/…`: people sign in at the provider, come back with a code, and get a session. */
export function answerSignIn(
  app: ExplorerApp,
  { config, sessions, registry, logger, allows }: SignInDeps,
): void {
  const provider = findProvider(config, logger);
  // Whether it is there is seen at the start, not by the first who signs in; nothing waits for it.
  provider().catch(() => undefined);
  const redirectUri = `${config.publicUrl}${CALLBACK_PATH}`;

  app.use("/auth/*", async (c, next) => {
    c.header("cache-control", "no-store");
    return allows(c) ? next() : say(c, TOO_MANY);
  });
  app.get(STYLE_PATH, (c) => c.body(STYLE, 200, { "content-type": "text/css; charset=utf-8" }));

  app.get(SIGN_IN_PATH, async (c) => {
    const returnTo = localPath(c.req.query("returnTo"), config.publicUrl);
    // The cookie must be of the host to which the provider sends people back.
    if (c.req.header("host") !== new URL(config.publicUrl).host)
      return c.redirect(`${config.publicUrl}${signInPath(returnTo)}`);
    try {
      const found = await provider();
      const verifier = randomPKCECodeVerifier();
      const [state, nonce] = [randomState(), randomNonce()];
      const challenge = await calculatePKCECodeChallenge(verifier);
      await sessions.send(c, { state, nonce, verifier, returnTo });
      const asked = {
        redirect_uri: redirectUri,
        scope: [...new Set(["openid", ...config.scopes])].join(" "),
        code_challenge: challenge,
        code_challenge_method: "S256",
        state,
        nonce,
      };
      return c.redirect(buildAuthorizationUrl(found, asked).href);
    } catch (error) {
      if (error instanceof ProviderAwayError) return say(c, away(error, returnTo));
      throw error;
    }
  });

  app.get(CALLBACK_PATH, async (c) => {
    const begun = await sessions.comeBack(c);
    if (!begun) return say(c, NOT_BEGUN);
    try {
      const found = await provider();
      const { search } = new URL(c.req.url);
      const claims = await claimsOf(found, new URL(`${redirectUri}${search}`), begun, config);
      return await letIn(c, claims, begun.returnTo);
    } catch (error) {
      if (error instanceof ProviderAwayError) return say(c, away(error, begun.returnTo));
      logger.warn({ audit: "sign-in", ...told(error) }, "a sign-in did not succeed");
      if (isAway(error))
        return say(
          c,
          away(new ProviderAwayError(`${config.issuer} does not answer in time`), begun.returnTo),
        );
      return say(c, refused(error, begun.returnTo));
    }
  });

  const letIn = async (
    c: Context,
    claims: Claims & { readonly sub: string },
    returnTo: string,
  ): Promise<Response> => {
    const name = printable(nameOf(claims, claims.sub)).slice(0, TEXT_CHARACTERS_MAX);
    const granted = effective(grantedBy(claims, config), registry);
    const session: Session = {
      subject: claims.sub,
      name,
      roles: [...granted.roles],
      teams: [...granted.teams],
    };
    if (granted.roles.length === 0) {
      logger.warn({ audit: "sign-in", ...session }, "somebody signed in who may see nothing");
      return say(c, withoutRole(name, config));
    }
    try {
      await sessions.begin(c, session);
    } catch (error) {
      if (!(error instanceof SessionTooLargeError)) throw error;
      logger.warn(
        { audit: "sign-in", subject: claims.sub, teams: session.teams.length },
        "a session holds no more teams",
      );
      return say(c, {
        status: 403,
        title: "You lead more teams than a session holds",
        detail: `These are ${session.teams.length}. Who sees so much can be given the role analyst or finance.`,
      });
    }
    logger.info({ audit: "sign-in", ...session }, "somebody signed in");
    return c.redirect(`${config.publicUrl}${returnTo}`, 303);
  };

  app.post(SIGN_OUT_PATH, async (c) => {
    if (!isOfOwnPage(c))
      return sendProblem(c, 403, "A page of another host asked; sign out on the pages here");
    const session = await sessions.of(c);
    sessions.end(c);
    if (session)
      logger.info({ audit: "sign-out", subject: session.subject, name: session.name }, "somebody signed out");
    return c.redirect(SIGNED_OUT_PATH, 303);
  });
  app.get(SIGNED_OUT_PATH, (c) =>
    say(c, {
      status: 200,
      title: "You are signed out",
      detail: `It holds for these pages. At ${config.issuer} you may be signed in still.`,
      link: { to: SIGN_IN_PATH, text: "Sign in again" },
    }),
  );
}

/** Exchanges the code. What the ID token does not say of roles and teams, the user info may. */
async function claimsOf(
  provider: Configuration,
  answer: URL,
  { state, nonce, verifier }: { readonly state: string; readonly nonce: string; readonly verifier: string },
  { rolesFrom, teamsFrom }: Pick<SignInConfig, "rolesFrom" | "teamsFrom">,
): Promise<Claims & { readonly sub: string }> {
  const tokens = await authorizationCodeGrant(provider, answer, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (!claims) throw new Error("The provider gave no ID token");
  const wanted = [rolesFrom.claim, ...(teamsFrom ? [teamsFrom.claim] : [])];
  const isWhole = wanted.every((name) => claimOf(claims, name) !== undefined);
  if (isWhole || provider.serverMetadata().userinfo_endpoint === undefined) return claims;
  return { ...(await fetchUserInfo(provider, tokens.access_token, claims.sub)), ...claims };
}

/** `returnTo` where it is an address of these pages; else their root. Nobody is led to another host. */
export function localPath(text: string | undefined, publicUrl: string): string {
  if (text === undefined || !text.startsWith("/") || text.length > RETURN_CHARACTERS_MAX) return "/";
  if (!URL.canParse(text, publicUrl)) return "/";
  const { origin, pathname, search } = new URL(text, publicUrl);
  const isOurs = origin === publicUrl && !pathname.startsWith("//") && !pathname.startsWith("/auth/");
  return isOurs ? `${pathname}${search}` : "/";
}

export function signInPath(returnTo: string): string {
  return `${SIGN_IN_PATH}?${new URLSearchParams({ returnTo }).toString()}`;
}

type Say = Parameters<typeof say>[1];

export const TOO_MANY: Say = {
  status: 429,
  title: "Too many questions in a minute",
  detail: "Ask again in a minute.",
};

const NOT_BEGUN: Say = {
  status: 400,
  title: "This sign-in is over",
  detail:
    "It took more than ten minutes, was begun in another browser, or was answered before. Sign in again.",
  link: { to: SIGN_IN_PATH, text: "Sign in" },
};

function away(error: ProviderAwayError, returnTo: string): Say {
  return {
    status: 503,
    title: "Nobody can sign in now",
    detail: `${error.message}. It is asked again with the next try; the reason is in the log of the service.`,
    link: { to: signInPath(returnTo), text: "Try again" },
  };
}

function refused(error: unknown, returnTo: string): Say {
  const link = { to: signInPath(returnTo), text: "Sign in again" };
  if (error instanceof AuthorizationResponseError)
    return {
      status: 403,
      title: "You were not signed in",
      detail: `The provider says: ${printable(error.error_description ?? error.error).slice(0, TEXT_CHARACTERS_MAX)}`,
      link,
    };
  return {
    status: 400,
    title: "You were not signed in",
    detail:
      "What came back is no answer to the sign-in that this browser began. The reason is in the log of the service.",
    link,
  };
}

export function withoutRole(name: string, { askForAccess, rolesFrom }: SignInConfig): Say {
  return {
    status: 403,
    title: "You may see nothing here yet",
    detail: `You are signed in as ${name}, and nothing gives you a role: ask ${askForAccess ?? "whoever runs this service"}. Roles come from ${rolesFrom.claim}, and a change holds from the next sign-in on.`,
    link: { to: SIGN_IN_PATH, text: "Sign in again" },
  };
}

/** Of errors of the library, what they say: their causes may hold codes and tokens. */
function told(error: unknown): object {
  if (!(error instanceof Error)) return { reason: "unknown" };
  const said = ["code", "error", "error_description"].flatMap((name): [string, unknown][] => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === "string" ? [[name, value.slice(0, TEXT_CHARACTERS_MAX)]] : [];
  });
  return { reason: error.message, ...Object.fromEntries(said) };
}

const AWAY: ReadonlySet<unknown> = new Set(["OAUTH_TIMEOUT", "OAUTH_ABORT", "OAUTH_RESPONSE_IS_NOT_CONFORM"]);

/** Whether the provider was not reached, or not in time; that is no answer to distrust. */
function isAway(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return (error instanceof TypeError && error.message === "fetch failed") || AWAY.has(code);
}
