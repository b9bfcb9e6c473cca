import { EVERYBODY, type Viewer } from "@apportion/books/viewer";

/** What somebody may do. `finance`: see all; `lead`: their teams; `analyst`: see all, but for protected names; `operator`: readings and closes. */
export const ROLES = ["finance", "lead", "analyst", "operator"] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. */
export interface Identity {
  /** Stable name of the person or program: what is put on record of a decision. */
  readonly subject: string;
  readonly name: string;
  /** How it is known: by being on this machine, by signing in, or by a token. */
  readonly by: "local" | "sign-in" | "token";
  readonly roles: readonly Role[];
  readonly viewer: Viewer;
}

/** Whoever is on this machine, where nobody signs in: the service answers it alone. */
export function localIdentity(showsProtectedToFinance: boolean): Identity {
  return {
    subject: "local",
    name: "this machine",
    by: "local",
    roles: ROLES,
    viewer: showsProtectedToFinance ? EVERYBODY : { ...EVERYBODY, namesOf: [] },
  };
}
