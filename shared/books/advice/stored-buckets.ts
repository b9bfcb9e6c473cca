import { regionOf } from "@apportion/aws/region";
import type { BucketRow, StoragePriceRow } from "./advice-queries.js";
import type { StoragePrices, StoredBucket } from "./kinds/bucket-lifecycle.js";

const BYTES_PER_GIB = 2n ** 30n;
const ONE = 10n ** 12n;

/** Usage types of the bill behind each price. Storage is billed by the GiB-month, transitions by the object. */
const PRICED: Readonly<Record<keyof StoragePrices, string>> = {
  standard: "TimedStorage-ByteHrs",
  infrequent: "TimedStorage-SIA-ByteHrs",
  transition: "Requests-Tier4",
};

/** Buckets with what they store, at the prices that their account paid in their region; without those where the bill lacks one. */
export function storedBuckets(
  buckets: readonly BucketRow[],
  prices: readonly StoragePriceRow[],
): StoredBucket[] {
  return buckets.map(
    ({ account, bucket, team_label, bytes, place, standard_bytes, object_count, known_on }) => {
      const own = prices.filter((row) => row.account === account && regionOf(row.type) === place);
      const paid = pricesOf(own);
      const stored = paid &&
        object_count !== null && {
          standardGib: standard_bytes / BYTES_PER_GIB,
          objects: object_count,
          on: known_on,
          prices: paid,
        };
      return {
        account,
        bucket,
        teamTag: team_label,
        ...(bytes >= 0n && { gib: bytes / BYTES_PER_GIB }),
        ...(stored && { stored }),
      };
    },
  );
}

function pricesOf(rows: readonly StoragePriceRow[]): StoragePrices | undefined {
  const priceOf = (name: keyof StoragePrices): bigint | undefined => {
    const row = rows.find(({ type }) => type === PRICED[name] || type.endsWith(`-${PRICED[name]}`));
    return row && (row.cost * ONE) / row.quantity;
  };
  const [standard, infrequent, transition] = [
    priceOf("standard"),
    priceOf("infrequent"),
    priceOf("transition"),
  ];
  return standard === undefined || infrequent === undefined || transition === undefined
    ? undefined
    : { standard, infrequent, transition };
}
