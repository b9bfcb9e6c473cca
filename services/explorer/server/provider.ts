import {
  allowInsecureRequests,
  type Configuration,
  clockTolerance,
  discovery,
  enableNonRepudiationChecks,
} from "openid-client";
import type { Logger } from "@apportion/runtime/logger";
import type { SignInConfig } from "../config.js";

/** Longest wait for the provider, in seconds. */
const TIMEOUT_SECONDS = 10;
/** By how much its clock may differ from ours, in seconds. */
const SKEW_SECONDS = 60;
/** A provider that is away is not asked more often than that. */
const AGAIN_MS = 3_000;

/** The provider is not reached, so nobody can sign in now. */
export class ProviderAwayError extends Error {
  override readonly name = "ProviderAwayError";
}

/** Asks the provider for its description when somebody signs in; one that is away is asked again by the next who does. */
export function findProvider(
  { issuer, clientId, clientSecret }: Pick<SignInConfig, "issuer" | "clientId" | "clientSecret">,
  logger: Logger,
): () => Promise<Configuration> {
  let asked: { readonly at: number; readonly found: Promise<Configuration>; failed?: true } | undefined;
  const ask = (): Promise<Configuration> =>
    discovery(
      new URL(issuer),
      clientId,
      { client_secret: clientSecret.reveal(), [clockTolerance]: SKEW_SECONDS },
      undefined,
      {
        timeout: TIMEOUT_SECONDS,
        execute: [enableNonRepudiationChecks, ...(issuer.startsWith("http:") ? [allowInsecureRequests] : [])],
      },
    );
  return async () => {
    if (!asked || (asked.failed && performance.now() - asked.at > AGAIN_MS)) {
      const asking: NonNullable<typeof asked> = { at: performance.now(), found: ask() };
      asked = asking;
      asking.found.catch((error: unknown) => {
        asking.failed = true;
        logger.warn({ err: error, issuer }, "the OpenID Connect provider is not reached: nobody can sign in");
      });
    }
    try {
      return await asked.found;
    } catch (error) {
      throw new ProviderAwayError(`${issuer} does not answer as an OpenID Connect provider`, {
        cause: error,
      });
    }
  };
}
