import type { Owner } from "@apportion/domain/tenancy";

/** What runs in a namespace of a cluster, together. */
export interface Namespace {
  /** In the window, in picos. */
  readonly cost: bigint;
  /** Whose is its dearest part; undefined where that is nobody's. */
  readonly owner: Owner | undefined;
  readonly dearest: bigint;
  /** What stands for its names, where one is hidden from who asks. */
  readonly hiddenAs: string | undefined;
}

/** With one more history of it. Owners of equally dear ones are told by their names, so that the order of histories does not matter. */
export function withHistory(
  before: Namespace | undefined,
  { cost, hiddenAs }: { readonly cost: bigint; readonly hiddenAs?: string },
  owner: Owner | undefined,
): Namespace {
  const isDearer =
    !before ||
    cost > before.dearest ||
    (cost === before.dearest && (owner?.id ?? "") < (before.owner?.id ?? ""));
  return {
    cost: (before?.cost ?? 0n) + cost,
    owner: isDearer ? owner : before.owner,
    dearest: isDearer ? cost : before.dearest,
    hiddenAs: [before?.hiddenAs, hiddenAs].filter((name) => name !== undefined).toSorted()[0],
  };
}

export function namespaceKey({
  cluster,
  namespace,
}: {
  readonly cluster: string;
  readonly namespace: string;
}): string {
  return JSON.stringify([cluster, namespace]);
}
