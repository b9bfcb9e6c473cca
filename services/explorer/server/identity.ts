import { asFinance, type Viewer } from "@apportion/books/viewer";
import type { Registry } from "@apportion/domain/tenancy";
import { ROLES, type Role } from "./roles.js";

/** Who asks. */
export interface Identity {
  /** Stable name of the person or program: what is put on record of a decision. */
  readonly subject: string;
  readonly name: string;
  /** How it is known: by being on this machine, by signing in, or by a token. */
  readonly by: "local" | "sign-in" | "token";
  readonly roles: readonly Role[];
  readonly viewer: Viewer;
  /** Ids of the teams that they lead. */
  readonly leads: readonly string[];
}

/** Whoever is on this machine, where nobody signs in: the service answers it alone. */
export function localIdentity(namesShownTo: readonly string[]): Identity {
  return {
    subject: "local",
    name: "this machine",
    by: "local",
    roles: ROLES,
    leads: [],
    viewer: asFinance(namesShownTo),
  };
}

/** What somebody was given, by claims or by the configuration. */
export interface Granted {
  readonly roles: readonly Role[];
  /** Ids of the teams that they lead. */
  readonly teams: readonly string[];
}

/** What was given as far as it gives anything: a lead of no team that there is sees nothing, and the teams of who leads none do not count. */
export function effective({ roles, teams }: Granted, { teams: known }: Pick<Registry, "teams">): Granted {
  const led = roles.includes("lead") ? known.map(({ id }) => id).filter((id) => teams.includes(id)) : [];
  return {
    roles: ROLES.filter((each) => roles.includes(each) && (each !== "lead" || led.length > 0)),
    teams: led,
  };
}

/**
 * What somebody sees. Names of workloads of protected teams are for who leads them, and for finance where the configuration says so.
 * @param granted as {@link effective} has it
 */
export function viewerOf({ roles, teams }: Granted, namesShownTo: readonly string[]): Viewer {
  const seesNames = roles.includes("finance") && namesShownTo.includes("finance");
  return {
    teams: roles.some((each) => each !== "lead") ? "all" : teams,
    namesOf: seesNames ? "all" : teams,
  };
}
