import type { Day } from "@apportion/domain/period";

/** What can be advised. The words of each are in its file in `kinds/`, and in docs/recommendations.md. */
export const ADVICE_KINDS = [
  "unused-gpus",
  "abandoned-workload",
  "request-sizes",
  "oversized-requests",
  "idle-notebook",
  "unmounted-volumes",
  "idle-capacity",
  "unused-commitment",
  "inter-zone-traffic",
  "nat-traffic",
  "bucket-lifecycle",
  "gpus-outside-runs",
  "quota-above-use",
  "unowned-namespace",
  "unowned-buckets",
] as const;
export type AdviceKind = (typeof ADVICE_KINDS)[number];

/** Whether it is something to put in order, which saves nothing by itself. */
export function savesNothing(kind: AdviceKind): boolean {
  return ["quota-above-use", "unowned-namespace", "unowned-buckets"].includes(kind);
}

/** What the advice is about; what does not apply is empty. */
export interface AdviceSubject {
  readonly cluster: string;
  readonly namespace: string;
  /** `deployment`, `job` …; empty for what is no workload. */
  readonly controllerKind: string;
  /** As whoever asks may see it. Jobs that have a number for a name share one: `etl-*`. */
  readonly controller: string;
  /** Of the bill: account, service, record type or tag, in this order; empty for Kubernetes. */
  readonly billLine: readonly string[];
}

/** A figure that the advice rests on, summed over the days of evidence. */
export interface EvidenceQuantity {
  readonly what: string;
  /** In units of 10⁻¹²; with the deployment's currency as unit an amount. */
  readonly picos: bigint;
  readonly unit: EvidenceUnit;
}
export type EvidenceUnit =
  | "cores"
  | "core-hours"
  | "GPUs"
  | "GPU-hours"
  | "hours"
  | "GiB-hours"
  | "days"
  | "objects"
  | "GiB"
  | "currency";

/** How far what the cells say can be trusted to be what it looks like. */
export type Confidence = "high" | "medium" | "low";

/** What one rule found of one subject. */
export interface Finding {
  readonly kind: AdviceKind;
  readonly subject: AdviceSubject;
  /** First day of the evidence; before the window it may have been so too. */
  readonly since: Day;
  readonly until: Day;
  readonly quantities: readonly EvidenceQuantity[];
  /** Text that can be pasted: commands, a YAML fragment; `#` before what people have to read. */
  readonly change: string;
  /** Of the days of evidence, in picos at the bill's price. Cash: what the next bill lacks. */
  readonly cash: bigint;
  /** Capacity that others can use: cash only once nodes, or the commitment, go. */
  readonly freed: bigint;
  readonly confidence: Confidence;
  readonly because: string;
  readonly risk: string;
}
