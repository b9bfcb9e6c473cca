import { areTwoPeople } from "@apportion/domain/two-people";
import { printable } from "@apportion/runtime/printable";
import type { Identity } from "../server/identity.js";
import { RefusedError } from "../server/problem.js";
import type { Role } from "../server/roles.js";
import type { Decidable } from "./decidable.js";

/** What may be decided, each by some roles. */
export type Right = "close" | "override" | "reading" | "adjust";
const ROLES_OF: Readonly<Record<Right, readonly Role[]>> = {
  close: ["finance", "operator"],
  override: ["finance"],
  reading: ["finance", "operator"],
  adjust: ["finance"],
};
const IN_WORDS: Readonly<Record<Right, string>> = {
  close: "prepares and approves closes",
  override: "closes a month although a gate does not pass",
  reading: "decides about readings that are held back",
  adjust: "moves amounts between payers, and decides closed months again",
};

/**
 * The name under which somebody decides: two people may have the same, so with how the provider of the sign-in knows them. What cannot be seen of it is
 * written out, since it is the provider's and whoever signs in cannot mend it.
 */
export function nameOnRecord({ name, subject }: Pick<Identity, "name" | "subject">): string {
  const plain = name.replaceAll(/[<>\s]+/g, " ").trim();
  return printable(`${plain} <${subject}>`.trim());
}

/** Why somebody can decide nothing, whatever their role; empty where they can. */
function whyNobody({ by }: Pick<Identity, "by">): string {
  switch (by) {
    case "sign-in":
      return "";
    case "local":
      return "Nobody signs in here, so nobody knows that two people decide: decide on the command line, or have people sign in (explorer.signIn)";
    case "token":
      return "A program does not decide: people sign in and do, or use the command line";
  }
}

/** Why somebody may not do it; empty where they may. */
export function whyNot(identity: Identity, right: Right): string {
  const nobody = whyNobody(identity);
  if (nobody !== "") return nobody;
  const roles = ROLES_OF[right];
  if (identity.roles.some((role) => roles.includes(role))) return "";
  return `Who has the role ${roles.join(" or ")} ${IN_WORDS[right]}; you have ${identity.roles.join(", ")}`;
}

export function may(identity: Identity, right: Right): boolean {
  return whyNot(identity, right) === "";
}

/** @throws RefusedError */
export function requireRight(identity: Identity, right: Right): void {
  const why = whyNot(identity, right);
  if (why !== "") throw new RefusedError(403, why);
}

export function rightFor({ act, reason }: Pick<Decidable, "act" | "reason">): Right {
  if (act === "close") return reason === "" ? "close" : "override";
  return act === "adjust" || act === "decide" ? "adjust" : "reading";
}

/** Why somebody may not approve what was prepared; empty where they may. */
export function whyNotApprove(identity: Identity, prepared: Decidable): string {
  const why = whyNot(identity, rightFor(prepared));
  if (why !== "") return why;
  if (prepared.subject === "")
    return "It was proposed on the command line, by somebody who did not sign in: it is approved there";
  const isOther =
    identity.subject !== prepared.subject && areTwoPeople(prepared.preparedBy, nameOnRecord(identity));
  return isOther ? "" : "You prepared it: somebody else has to approve it";
}

/** Whose recommendations somebody may accept or dismiss: everybody's, or those of the teams that they lead. */
export function advisedTeams(identity: Identity): "all" | readonly string[] {
  if (whyNobody(identity) !== "") return [];
  return identity.roles.includes("finance") ? "all" : identity.leads;
}

/** @throws RefusedError when those of nobody */
export function requireAdvised(identity: Identity): "all" | readonly string[] {
  const teams = advisedTeams(identity);
  if (teams === "all" || teams.length > 0) return teams;
  throw new RefusedError(
    403,
    whyNobody(identity) ||
      `Who has the role finance, or leads the team whose it is to act on, decides about recommendations; you have ${identity.roles.join(", ")}`,
  );
}
