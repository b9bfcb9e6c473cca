import { createHash, timingSafeEqual } from "node:crypto";
import type { TokenConfig } from "../config.js";

/** Whose token it is; undefined where it is nobody's. All are compared, as hashes: how long it takes says nothing. */
export function tokenFinder(tokens: readonly TokenConfig[]): (token: string) => TokenConfig | undefined {
  const known = tokens.map((each) => ({ each, hash: hashOf(each.secret.reveal()) }));
  return (token) => {
    const given = hashOf(token);
    return known.reduce<TokenConfig | undefined>(
      (found, { each, hash }) => (timingSafeEqual(hash, given) ? each : found),
      undefined,
    );
  };
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
