import type { Team } from "@apportion/domain/tenancy";
import type { EvidenceQuantity, Finding } from "../finding.js";
import { type CostHistory, sumOf } from "../history.js";
import { shellWord } from "../paste.js";
import { probableOwner } from "../probable-owner.js";
import { BUCKETS_NAMED, bucketCosts } from "./bucket-costs.js";

/** A bucket of the inventory, without an owner. */
export interface UnownedBucket {
  readonly account: string;
  /** As analysts see it. */
  readonly bucket: string;
  readonly teamTag: string;
  /** Of all storage classes; undefined where it is not known. */
  readonly gib?: bigint;
}

/**
 * Buckets that nobody owns: dollars of S3 under a team tag, or none, that no rule of the registry knows. The bill tells them by tag and not by bucket, so the
 * cost is that of all of them together. To whom each probably belongs is told from its name.
 * Source: cells of kind `object-storage` by the registry, and the inventory of buckets.
 * @param buckets of that account and tag, the largest first
 */
export function unownedBuckets(
  history: CostHistory,
  buckets: readonly UnownedBucket[],
  teams: readonly Team[],
): Finding | undefined {
  const costs = bucketCosts(history);
  if (!costs) return undefined;
  const { days, subject, since, until } = costs;
  const named = buckets.slice(0, BUCKETS_NAMED).map((bucket) => ({
    ...bucket,
    guess: probableOwner({ names: [bucket.bucket], labels: [history.teamLabel], costCenters: [] }, teams),
  }));
  const guesses = named.flatMap(({ bucket, guess }) =>
    guess ? [`${bucket} to ${guess.team} (${guess.because})`] : [],
  );
  const sizes = named.flatMap(({ bucket, gib }): EvidenceQuantity[] =>
    gib === undefined ? [] : [{ what: bucket, picos: gib, unit: "GiB" }],
  );
  return {
    kind: "unowned-buckets",
    subject,
    since,
    until,
    quantities: [{ what: "cost that nobody owns", picos: sumOf(days, "cost"), unit: "currency" }, ...sizes],
    change: changeOf(named),
    cash: 0n,
    freed: 0n,
    confidence:
      guesses.length > 0 && named.every(({ guess }) => guess?.confidence !== "low") ? "medium" : "low",
    because:
      guesses.length > 0
        ? `they probably belong: ${guesses.join("; ")}`
        : "no name of a bucket is like a team's",
    risk: "Activated as a cost-allocation tag, it reaches the bill a day later; days before stay untagged.",
  };
}

function changeOf(
  buckets: readonly (UnownedBucket & { readonly guess?: { readonly team: string } | undefined })[],
): string {
  const named = buckets.map(
    ({ bucket, guess }) =>
      `aws resourcegroupstaggingapi tag-resources --resource-arn-list ${shellWord(`arn:aws:s3:::${bucket}`)} --tags team=${shellWord(guess?.team ?? "TEAM")}`,
  );
  return [
    "# Adds the tag and leaves the others (put-bucket-tagging would replace them all).",
    ...(named.length > 0
      ? named
      : [
          "aws resourcegroupstaggingapi tag-resources --resource-arn-list arn:aws:s3:::BUCKET --tags team=TEAM",
        ]),
  ].join("\n");
}
