import type { BillingPeriod } from "@apportion/domain/period";

/** Names the state of the books, as far as it is about days until the end of a month. */
export type VersionNow = (until: BillingPeriod) => Promise<string>;

/** Reads what many questions about a month begin with. */
export type ReadOfMonth<T, A extends readonly unknown[]> = (period: BillingPeriod, ...args: A) => Promise<T>;

/** The same, remembered. */
export type RememberedOfMonth<T, A extends readonly unknown[]> = ReadOfMonth<T, A> & {
  /** Without reading anything: what was read, or is being read, and holds still. */
  readonly ifRead: (period: BillingPeriod, ...args: A) => Promise<T | undefined>;
};

/**
 * Reads once for all who ask the same, until something new of the month, or of what is before it, is in the books.
 * @param kept of as many, those that were asked last, it is kept
 * @param beside what else it depends on
 */
export function rememberedOfMonth<T, A extends readonly unknown[]>(
  versionNow: VersionNow,
  read: ReadOfMonth<T, A>,
  kept: number,
  beside: (...args: A) => unknown = () => "",
): RememberedOfMonth<T, A> {
  const remembered = new Map<string, { readonly version: string; readonly reading: Promise<T> }>();
  const keyOf = (period: BillingPeriod, args: A): string => JSON.stringify([period, beside(...args)]);
  const readOnce = async (period: BillingPeriod, ...args: A): Promise<T> => {
    const key = keyOf(period, args);
    const version = await versionNow(period);
    const known = remembered.get(key);
    const current = known?.version === version ? known : { version, reading: read(period, ...args) };
    remembered.delete(key);
    remembered.set(key, current);
    for (const oldest of [...remembered.keys()].slice(0, -kept)) remembered.delete(oldest);
    current.reading.catch(() => {
      if (remembered.get(key) === current) remembered.delete(key);
    });
    return current.reading;
  };
  return Object.assign(readOnce, {
    ifRead: async (period: BillingPeriod, ...args: A): Promise<T | undefined> => {
      const known = remembered.get(keyOf(period, args));
      return known?.version === (await versionNow(period)) ? known.reading : undefined;
    },
  });
}
