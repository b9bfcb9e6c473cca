import type { EffectSum } from "@apportion/books/compare/comparison";
import type { Movement, WorkloadName } from "@apportion/books/compare/movement";
import { type Category, categoryName } from "@apportion/domain/category";
import { percentText } from "@apportion/domain/percent";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import { quantityText } from "../format.js";

type Named = Pick<Registry, "sharedServices">;

const EFFECT_NAMES: Readonly<Record<EffectSum["effect"], string>> = {
  price: "price",
  usage: "usage",
  days: "more or fewer days",
  "not-told-apart": "not told apart",
  new: "new workloads",
  gone: "workloads that are gone",
  "pool-cost": "cost of shared pools",
  "pool-share": "share of shared pools",
  ownership: "ownership",
  idle: "idle capacity",
  adjustments: "caps, minimums, the company's",
  corrections: "corrections and adjustments",
  rounding: "rounding",
};

export function effectName(effect: EffectSum["effect"]): string {
  return EFFECT_NAMES[effect];
}

const EFFECT_TEXTS: Readonly<Record<EffectSum["effect"], string>> = {
  price: "the same workloads at another price a unit",
  usage: "the same workloads in another quantity, at the price of before",
  days: "the same workloads as before, for as long as the month is",
  "not-told-apart": "no quantity, or no share of before, is known: price or use",
  new: "what nobody ran before",
  gone: "what nobody runs any more",
  "pool-cost": "what they cost in all, at the share of before",
  "pool-share": "how much of them is the payer's, by what they cost now",
  ownership: "the same workloads belonged to others, or do now",
  idle: "what was paid for and not asked for",
  adjustments: "limits of a month, tax, support, credits and fees",
  corrections: "posted beside the statement",
  rounding: "a cent to which the month was rounded",
};

export function effectText(effect: EffectSum["effect"]): string {
  return EFFECT_TEXTS[effect];
}

/** `CPU of eu-1/search/api`, `MLflow`, `Idle GPU of eu-1/a100` */
export function movementName(
  { subject, category }: Pick<Movement, "subject" | "category">,
  registry: Named,
): string {
  switch (subject.of) {
    case "workload":
      return workloadText(subject, category);
    case "pool":
      return lineName({ category, pool: subject.pool }, registry);
    case "idle":
      return `${categoryName(category)} of ${joined(subject.cluster, subject.nodePool)}`;
    case "correction":
      return `${lineName({ category, pool: subject.pool }, registry)}, ${subject.corrects}`;
    case "rate-variance":
    case "company":
      return categoryName(category);
  }
}

/** Of what is billed by service the account says where; of what carries a tag, the tag says whose. */
function workloadText({ kind, ...workload }: WorkloadName, category: Category): string {
  const { cluster, namespace, controller, service, label, scope } = workload;
  const place = joined(cluster, namespace, controller) || scope;
  const untagged = kind === "object-storage" ? " untagged" : "";
  const tagged = label === "" ? untagged : ` tagged ${label}`;
  if (kind === "network") return `${categoryName(category)} (${service}) of ${place}${tagged}`;
  const isOfBill = kind === "bill" || kind === "unowned";
  return `${isOfBill ? service : categoryName(category)} of ${place}${tagged}`;
}

/** `eu-1/search/api`, `S3 storage of 111122223333 tagged search`: whatever it costs for. */
export function workloadName(name: WorkloadName): string {
  switch (name.kind) {
    case "object-storage":
      return workloadText(name, "object-storage");
    case "network":
      return workloadText(name, "network");
    case "bill":
    case "unowned":
      return workloadText(name, "services");
    case "unmounted":
      return `Volumes that no pod mounts of ${joined(name.cluster, name.namespace)}`;
    default:
      return joined(name.cluster, name.namespace, name.controller) || name.scope;
  }
}

function joined(...names: readonly string[]): string {
  return names.filter(Boolean).join("/");
}

const UNITS: Partial<Readonly<Record<Category, string>>> = {
  cpu: "core-hours",
  gpu: "GPU-hours",
  memory: "GiB-hours",
};

/** What the amount follows: quantities, what the whole pool costs and the payer's share of it, whose it was. Empty where there is nothing beside it. */
export function movementDetail(movement: Movement): string {
  const { effect, category, quantity, poolCost, others, before, after } = movement;
  if (quantity && (effect === "usage" || effect === "price" || effect === "days"))
    return `${quantityText(quantity.before)} → ${quantityText(quantity.after)} ${UNITS[category] ?? ""}`.trim();
  if (effect === "pool-share" && poolCost)
    return `${percentText(before, poolCost.before)} → ${percentText(after, poolCost.after)} of it`;
  if (effect === "pool-cost" && poolCost)
    return `all of it ${quantityText(poolCost.before)} → ${quantityText(poolCost.after)}`;
  if (effect === "ownership" && others) return ownersText(others);
  return "";
}

function ownersText({ before, after }: NonNullable<Movement["others"]>): string {
  const names = (payers: readonly string[]): string => payers.map(payerText).join(", ");
  return [
    before.length === 0 ? "" : `was ${names(before)}'s`,
    after.length === 0 ? "" : `is ${names(after)}'s`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** As `ownerOf` names them, and pools: `team/search` → `search`, `unallocated/` → `nobody`, `pool/mlflow` → `the pool mlflow` */
function payerText(payer: string): string {
  const [kind = "", ...id] = payer.split("/");
  if (kind === "team") return id.join("/");
  return kind === "pool" ? `the pool ${id.join("/")}` : "nobody";
}

/** With its sign: `+20.8 %`; `–` where there was nothing before. */
export function changePercent(difference: bigint, before: bigint): string {
  const text = percentText(difference, before < 0n ? -before : before);
  return difference > 0n && before !== 0n ? `+${text}` : text;
}

