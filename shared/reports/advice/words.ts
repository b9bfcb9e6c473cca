import type { Recommendation } from "@apportion/books/advice/advise";
import type { AdviceLife } from "@apportion/books/advice/read-life";
import { amountText, quantityText } from "../format.js";

const WHAT: Readonly<Record<Recommendation["kind"], string>> = {
  "unused-gpus": "GPUs held and not used by",
  "abandoned-workload": "Nobody seems to use",
  "request-sizes": "Requests larger than was ever needed by",
  "oversized-requests": "Requests far above use of",
  "idle-notebook": "Runs at night and on weekends, and does nothing then:",
  "unmounted-volumes": "Volumes that no pod mounts in",
  "idle-capacity": "Idle nodes beyond room for peaks on",
  "unused-commitment": "Commitment that nobody used:",
  "inter-zone-traffic": "Traffic between zones of",
  "nat-traffic": "Traffic through NAT of",
  "bucket-lifecycle": "A rule to Standard-IA pays for buckets of",
  "gpus-outside-runs": "GPUs held outside of runs of MLflow in",
  "quota-above-use": "Quota far above what is requested of it:",
  "unowned-namespace": "Nobody owns the namespace",
  "unowned-buckets": "Nobody owns buckets of",
};

/** `GPUs held and not used by deployment/api in shared-eu-1/team-a` */
export function headline({ kind, subject }: Pick<Recommendation, "kind" | "subject">): string {
  return `${WHAT[kind]} ${subjectText(kind, subject)}`;
}

function subjectText(kind: Recommendation["kind"], subject: Recommendation["subject"]): string {
  const { cluster, namespace, controllerKind, controller, billLine } = subject;
  if (kind === "unowned-buckets" || kind === "bucket-lifecycle") {
    const [account = "", , tag = ""] = billLine;
    return `${account}, ${tag === "" ? "without a team tag" : `tagged ${tag}`}`;
  }
  if (billLine.length > 0) return billLine.filter(Boolean).join(", ");
  const place = [cluster, namespace].filter(Boolean).join("/");
  if (controller === "") return place;
  return `${controllerKind === "" ? "pod" : controllerKind}/${controller} in ${place}`;
}

/** Whose it is to act on. */
export function ownerText({ kind, id }: Recommendation["owner"]): string {
  switch (kind) {
    case "team":
      return id;
    case "shared-service":
      return `service ${id}`;
    case "system":
      return "system";
    case "nobody":
      return "nobody";
  }
}

/** `USD 120.00 cash, USD 80.00 freeable`: of a month. What saves nothing by itself says so, or what it costs. */
export function savingText(
  { kind, cash, freed, cost }: Pick<Recommendation, "kind" | "cash" | "freed" | "cost">,
  currency: string,
): string {
  const parts = [
    ...(cash > 0n ? [`${amountText(cash, currency)} cash`] : []),
    ...(freed > 0n ? [`${amountText(freed, currency)} freeable`] : []),
  ];
  if (parts.length > 0) return parts.join(", ");
  return kind === "quota-above-use"
    ? `saves nothing by itself, its namespace costs ${amountText(cost, currency)}`
    : `${amountText(cost, currency)} without an owner`;
}

/** `1,200 GPU-hours held, 3 GPU-hours used` */
export function evidenceText({ quantities }: Pick<Recommendation, "quantities">, currency: string): string {
  return quantities
    .map(({ what, picos, unit }) =>
      unit === "currency" ? `${amountText(picos, currency)} ${what}` : `${quantityText(picos)} ${unit} ${what}`,
    )
    .join(", ");
}

/** `accepted by ann on 2026-11-24: USD 120.00 saved since, measured` */
export function lifeText({ life, decided, realised }: AdviceLife, currency: string): string {
  if (!decided) return life.state;
  const { by, on, reason, until } = decided;
  const saved = realised?.reduce((sum, { picos }) => sum + picos, 0n);
  const measured = saved === undefined ? "what it saves is not measured" : `${amountText(saved, currency)} saved since, measured`;
  switch (life.state) {
    case "open":
      return `open again: dismissed by ${by} until ${life.since ?? until ?? on} (${reason})`;
    case "dismissed":
      return `dismissed by ${by} on ${on}${until === undefined ? "" : ` until ${until}`}: ${reason}`;
    case "accepted":
      return `accepted by ${by} on ${on}, and still seen: ${measured}`;
    case "done":
      return `accepted by ${by} on ${on}, and done: ${measured}`;
    case "came-back":
      return `came back: accepted by ${by} on ${on}, and done until ${life.since ?? on}; ${measured}`;
  }
}
