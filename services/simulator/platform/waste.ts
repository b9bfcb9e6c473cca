/** What can be wasted on the simulated platform. An advisor has to find each by what it leaves in the readings. */
export const WASTE_KINDS = [
  "unused-gpus",
  "request-sizes",
  "oversized-requests",
  "abandoned-workload",
  "unmounted-volumes",
  "idle-capacity",
  "unused-commitment",
  "network-traffic",
  "unowned-namespace",
  "unowned-buckets",
  "idle-notebook",
  "bucket-lifecycle",
  "gpus-outside-runs",
  "quota-above-use",
] as const;
export type WasteKind = (typeof WASTE_KINDS)[number];

export interface WastePlan {
  readonly kinds: readonly WasteKind[];
  /** First day, `YYYY-MM-DD`, from which on a kind is mended; without one it never is. */
  readonly healsOn?: Readonly<Partial<Record<WasteKind, string>>>;
  /** Workloads with waste cost the same on every day, so that what is healed is known beforehand to the cent. */
  readonly isSteady?: boolean;
}

/** What the demo has. Nobody mends it. */
export const DEMO_WASTE: WastePlan = {
  kinds: [
    "unused-gpus",
    "request-sizes",
    "abandoned-workload",
    "unmounted-volumes",
    "unused-commitment",
    "unowned-buckets",
  ],
};

/** A platform on which nothing can be saved. */
export const LEAN_PLATFORM: WastePlan = { kinds: [] };

/** absent: it was never there, and what would have it is lean. */
export function stateOfWaste(
  { kinds, healsOn = {} }: WastePlan,
  kind: WasteKind,
  day: string,
): "absent" | "planted" | "healed" {
  if (!kinds.includes(kind)) return "absent";
  const healed = healsOn[kind];
  return healed !== undefined && day >= healed ? "healed" : "planted";
}
