import type { z } from "zod";

/** Rules of configurations that several sections have. */

/**
 * For a rule over several options of one section or several entries of a list: it is looked at also where one of them has a mistake of its
 * own, which would otherwise hide it until the next run. The rule must bear options of any type.
 */
export const BESIDE_MISTAKES = {
  when: ({ value }: z.core.ParsePayload): boolean => typeof value === "object" && value !== null,
};

/** Whether no two entries of a list have the same name; one that has none differs from all. For {@link BESIDE_MISTAKES}. */
export function areDistinct(items: unknown, key?: string): boolean {
  if (!Array.isArray(items)) return true; // what it is instead is said by itself
  const nameOf = (item: unknown): unknown =>
    key === undefined ? item : typeof item === "object" && item !== null ? Reflect.get(item, key) : undefined;
  const names = items.map(nameOf).filter((name) => name !== undefined);
  return new Set(names).size === names.length;
}

export const NO_CREDENTIALS = "user and password do not belong into an address";

/** Of an address; what is none says so by itself. */
export function hasNoCredentials(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username === "" && password === "";
}
