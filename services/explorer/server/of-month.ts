import type { BillingPeriod } from "@apportion/domain/period";

/** Names the state of the books, as far as it is about days until the end of a month. */
export type VersionNow = (until: BillingPeriod) => Promise<string>;

/** Reads what many questions about a month begin with. */
export type ReadOfMonth<T, A extends readonly unknown[]> = (period: BillingPeriod, ...args: A) => Promise<T>;

/**
 * Reads once for all who ask, until something new of the month, or of what is before it, is in the books.
 * @param monthsMax of as many months, those that were asked about last, it is kept
 * @param beside what else it depends on
 */
export function rememberedOfMonth<T, A extends readonly unknown[]>(
  versionNow: VersionNow,
  read: ReadOfMonth<T, A>,
  monthsMax: number,
  beside: (...args: A) => unknown = () => "",
): ReadOfMonth<T, A> {
  const remembered = new Map<BillingPeriod, { readonly key: string; readonly reading: Promise<T> }>();
  return async (period, ...args) => {
    const key = JSON.stringify([await versionNow(period), beside(...args)]);
    const known = remembered.get(period);
    const current = known?.key === key ? known : { key, reading: read(period, ...args) };
    remembered.delete(period);
    remembered.set(period, current);
    for (const oldest of [...remembered.keys()].slice(0, -monthsMax)) remembered.delete(oldest);
    current.reading.catch(() => {
      if (remembered.get(period) === current) remembered.delete(period);
    });
    return current.reading;
  };
}
