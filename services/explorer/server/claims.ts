import type { SignInConfig } from "../config.js";
import type { Granted } from "./identity.js";
import { ROLES } from "./roles.js";

/** Values of one claim that are looked at: a person in more groups than these would not be known by any of them. */
const VALUES_MAX = 5_000;

/** What the provider says of somebody. */
export type Claims = Readonly<Record<string, unknown>>;

/** What the claims of somebody give them. */
export function grantedBy(
  claims: Claims,
  { rolesFrom, teamsFrom }: Pick<SignInConfig, "rolesFrom" | "teamsFrom">,
): Granted {
  const mapped = <T>(from: {
    readonly claim: string;
    readonly values: Readonly<Record<string, readonly T[]>>;
  }): T[] => {
    const values = new Map(Object.entries(from.values));
    return textsOf(claimOf(claims, from.claim)).flatMap((value) => values.get(value) ?? []);
  };
  const roles = new Set(mapped(rolesFrom));
  return {
    roles: ROLES.filter((each) => roles.has(each)),
    teams: teamsFrom ? [...new Set(mapped(teamsFrom))].toSorted() : [],
  };
}

/** A claim by its name, or by a way into nested ones: `realm_access.roles`. Names may have dots themselves. */
export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split(".")
    .reduce<unknown>(
      (within, part) =>
        typeof within === "object" && within !== null && Object.hasOwn(within, part)
          ? (within as Claims)[part]
          : undefined,
      claims,
    );
}

function textsOf(claim: unknown): string[] {
  if (typeof claim === "string") return [claim];
  return Array.isArray(claim)
    ? claim.slice(0, VALUES_MAX).filter((each): each is string => typeof each === "string")
    : [];
}

/** How somebody is called, for people. */
export function nameOf(claims: Claims, subject: string): string {
  const named = ["name", "preferred_username", "email"].map((claim) => claims[claim]);
  return named.find((each): each is string => typeof each === "string" && each.trim() !== "") ?? subject;
}
