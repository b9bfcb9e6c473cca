import type { Context, MiddlewareHandler } from "hono";
import type { Registry } from "@apportion/domain/tenancy";
import type { Logger } from "@apportion/runtime/logger";
import type { SignInConfig, TokenConfig } from "../config.js";
import { isOfOwnPage } from "./guard.js";
import { effective, type Granted, type Identity, viewerOf } from "./identity.js";
import { sendProblem, sendSignInFirst } from "./problem.js";
import type { Variables } from "./question.js";
import { rateLimit } from "./rate-limit.js";
import { say, wantsPage } from "./said.js";
import type { Sessions } from "./session.js";
import { localPath, signInPath, TOO_MANY, withoutRole } from "./sign-in.js";
import { tokenFinder } from "./tokens.js";

/** Questions of one person or program in a minute: pages ask a dozen at once, and somebody types. */
const QUESTIONS_A_MINUTE = 1_200;

interface WhoAsksDeps {
  readonly config: SignInConfig;
  readonly tokens: readonly TokenConfig[];
  readonly sessions: Sessions;
  readonly registry: Pick<Registry, "teams">;
  readonly namesShownTo: readonly string[];
  readonly logger: Logger;
  readonly now: () => number;
  /** Whether somebody who is not known may ask now. */
  readonly allows: (c: Context) => boolean;
}

/** Knows who asks by a token or a session, or lets nobody in. */
export function whoAsks(deps: WhoAsksDeps): MiddlewareHandler<{ Variables: Variables }> {
  const { config, sessions, registry, namesShownTo, logger, now } = deps;
  const find = tokenFinder(deps.tokens);
  const limit = rateLimit(QUESTIONS_A_MINUTE, now);
  const granted = (given: Granted): Pick<Identity, "roles" | "leads" | "viewer"> => ({
    roles: given.roles,
    leads: given.teams,
    viewer: viewerOf(given, namesShownTo),
  });
  const identityOf = async (c: Context): Promise<Identity | Response> => {
    const authorization = c.req.header("authorization");
    if (authorization !== undefined) {
      const found = find(/^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1] ?? "");
      if (!found) {
        if (!deps.allows(c)) return say(c, TOO_MANY);
        logger.warn({ audit: "token", path: c.req.path }, "a token that is nobody's was refused");
        return sendSignInFirst(
          c,
          "This token is nobody's: it was taken away, or is not sent as `Bearer TOKEN`",
        );
      }
      return {
        subject: `token:${found.name}`,
        name: found.name,
        by: "token",
        ...granted(effective(found, registry)),
      };
    }
    const session = await sessions.of(c);
    if (!session) return signInFirst(c, config);
    const given = effective(session, registry);
    if (given.roles.length === 0) return say(c, withoutRole(session.name, config));
    if (!isSafe(c) && !(isOfOwnPage(c) && isJson(c)))
      return sendProblem(
        c,
        403,
        "What changes or computes something is asked by the pages here, as JSON, or with a token",
      );
    return { subject: session.subject, name: session.name, by: "sign-in", ...granted(given) };
  };
  return async (c, next) => {
    const identity = await identityOf(c);
    if (identity instanceof Response) return identity;
    if (!limit.allows(`${identity.by} ${identity.subject}`)) return say(c, TOO_MANY);
    c.set("identity", identity);
    return next();
  };
}

function signInFirst(c: Context, { publicUrl }: SignInConfig): Response {
  if (!wantsPage(c) || c.req.method === "POST")
    return sendSignInFirst(c, "Nobody is signed in, or not any more; programs send a token");
  const { pathname, search } = new URL(c.req.url);
  return c.redirect(signInPath(localPath(`${pathname}${search}`, publicUrl)));
}

function isSafe({ req: { method } }: Context): boolean {
  return method === "GET" || method === "HEAD";
}

/** No form can send it, and no script of another host without being asked first. */
function isJson({ req }: Context): boolean {
  return /^application\/json\s*(;|$)/i.test(req.header("content-type") ?? "");
}
