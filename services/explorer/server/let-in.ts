import type { Context } from "hono";
import type { ExplorerConfig, SignInConfig } from "../config.js";
import type { ExplorerDeps } from "./deps.js";
import type { ExplorerApp } from "./question.js";
import { rateLimit } from "./rate-limit.js";
import { keepSessions } from "./session.js";
import { answerSignIn } from "./sign-in.js";
import { whoAsks } from "./who-asks.js";

/** Sign-ins and refused tokens of one address in a minute: behind a proxy that is everybody. */
const UNKNOWN_A_MINUTE = 600;

/** Adds signing in, and lets in whoever is known. What is added to the app afterwards is for them alone. */
export function letInKnown(
  app: ExplorerApp,
  { registry, namesShownTo, logger, clock }: ExplorerDeps,
  { signIn: config, tokens }: { readonly signIn: SignInConfig } & Pick<ExplorerConfig, "tokens">,
): void {
  const now = (): number => clock().getTime();
  const sessions = keepSessions(config, now);
  const limit = rateLimit(UNKNOWN_A_MINUTE, now);
  const allows = (c: Context): boolean => limit.allows(addressOf(c));
  answerSignIn(app, { config, sessions, registry, logger, allows });
  // Counted by itself: a program with a wrong token keeps nobody from signing in.
  const refusals = rateLimit(UNKNOWN_A_MINUTE, now);
  const allowsToken = (c: Context): boolean => refusals.allows(addressOf(c));
  app.use(whoAsks({ config, tokens, sessions, registry, namesShownTo, logger, now, allows: allowsToken }));
}

/** As the server of Node.js knows it. */
function addressOf({ env }: Context): string {
  const { incoming } = (env ?? {}) as {
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  };
  return incoming?.socket?.remoteAddress ?? "";
}
