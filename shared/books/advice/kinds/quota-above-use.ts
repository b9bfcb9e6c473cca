import { USE_DAYS } from "../container-use.js";
import type { EvidenceQuantity, EvidenceUnit, Finding } from "../finding.js";
import { kubectl, shellWord } from "../paste.js";
import type { QuotaUse } from "../quota-use.js";

/** Of the limit, in percent, that may be requested at most on each day. */
const USED_PERCENT_MAX = 50n;
/** Above what was requested at most: for pods that are there twice while they are rolled out, and for growth. */
const HEADROOM_PERCENT = 50n;
const ONE = 10n ** 12n;

interface Resource {
  readonly of: "cpu" | "memory" | "gpus";
  readonly called: string;
  readonly unit: EvidenceUnit;
  /** In a manifest. */
  readonly key: string;
  readonly suffix: string;
  /** Less is not worth a change: about what the smallest nodes that clusters have come to. In units of 10⁻¹². */
  readonly roomMin: bigint;
}

const RESOURCES: readonly Resource[] = [
  { of: "cpu", called: "CPU", unit: "cores", key: "requests.cpu", suffix: "", roomMin: 4n * ONE },
  { of: "memory", called: "memory", unit: "GiB", key: "requests.memory", suffix: "Gi", roomMin: 16n * ONE },
  { of: "gpus", called: "GPUs", unit: "GPUs", key: "requests.nvidia.com/gpu", suffix: "", roomMin: ONE },
];

interface Lower {
  readonly resource: Resource;
  /** In units of 10⁻¹². */
  readonly now: bigint;
  readonly most: bigint;
  readonly enough: bigint;
}

/**
 * A quota that reserves far more than is requested of it: on each of 8 complete days at most half of its limit was. Enough is `most requested × 1.5`, in whole cores, GiB and GPUs and at least
 * one of each; said of what leaves 4 cores, 16 GiB or a GPU at least. It saves nothing by itself, since a quota runs nothing: its room is what nobody else can plan with. Of quotas of a
 * namespace that count the same pods, as their equal use says, the lowest limit holds, and the others keep no room. `limits.*` are left out: they reserve nothing.
 * Sources: `utilisation_facts` of the last 8 of 10 complete days that are final, from `kube_resourcequota` of kube-state-metrics; what a quota counts is in
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/.
 * @param quotas of its namespace, itself among them
 * @param shown its name as whoever asks may see it
 * @param cost of its namespace in the window, in picos
 */
export function quotaAboveUse(
  quota: QuotaUse,
  quotas: readonly QuotaUse[],
  shown: string,
  cost: bigint,
): Finding | undefined {
  const { cluster, namespace, days } = quota;
  const [first] = days;
  const last = days.at(-1);
  const others = quotas.filter(({ name }) => name !== quota.name);
  const lower = RESOURCES.flatMap((resource) => {
    const own = lowerOf(quota, resource);
    return own && !others.some((other) => holdsBefore(other, quota, resource)) ? own : [];
  });
  if (!first || !last || lower.length === 0) return undefined;
  return {
    kind: "quota-above-use",
    subject: { cluster, namespace, controllerKind: "resourcequota", controller: shown, billLine: [] },
    since: first.day,
    until: last.day,
    quantities: [
      ...lower.flatMap(quantitiesOf),
      { what: "that the namespace costs", picos: cost, unit: "currency" },
    ],
    change: changeOf(quota, shown, lower),
    cash: 0n,
    freed: 0n,
    confidence: "medium",
    because: `on each of ${USE_DAYS} complete days at most ${USED_PERCENT_MAX} % of ${wordsOf(lower)} was requested; it saves nothing by itself, and keeps room that others cannot plan with`,
    risk: "Pods beyond a quota are refused: what comes less often than once a week, as a monthly job or a failover, needs room that these days did not show.",
  };
}

/** Undefined where a day is not known, or where the limit is none that can be lowered. */
function lowerOf(quota: QuotaUse, resource: Resource): Lower | undefined {
  const limits = limitsOf(quota, resource);
  const now = limits?.at(-1)?.hard;
  if (!limits || now === undefined) return undefined;
  const isFarAbove = limits.every(
    ({ hard, used }) => hard > 0n && used >= 0n && used * 100n <= hard * USED_PERCENT_MAX,
  );
  const most = mostOf(limits);
  const whole = (most * (100n + HEADROOM_PERCENT) + 100n * ONE - 1n) / (100n * ONE);
  const enough = (whole > 1n ? whole : 1n) * ONE;
  return isFarAbove && now - enough >= resource.roomMin ? { resource, now, most, enough } : undefined;
}

type Limits = readonly { readonly hard: bigint; readonly used: bigint }[];

function limitsOf({ days }: QuotaUse, { of }: Resource): Limits | undefined {
  const limits = days.flatMap((day) => day[of] ?? []);
  return limits.length === USE_DAYS ? limits : undefined;
}

function mostOf(limits: Limits): bigint {
  return limits.reduce((most, { used }) => (used > most ? used : most), 0n);
}

/** Scopes are not measured: that two quotas count the same pods is told by their use. */
function holdsBefore(other: QuotaUse, quota: QuotaUse, resource: Resource): boolean {
  const [its, own] = [limitsOf(other, resource), limitsOf(quota, resource)];
  const [itsNow, ownNow] = [its?.at(-1)?.hard, own?.at(-1)?.hard];
  if (!its || !own || itsNow === undefined || ownNow === undefined || mostOf(its) !== mostOf(own))
    return false;
  return itsNow < ownNow || (itsNow === ownNow && other.name < quota.name);
}

function quantitiesOf({ resource: { unit }, now, most, enough }: Lower): EvidenceQuantity[] {
  return [
    { what: "allowed", picos: now, unit },
    { what: "requested at most", picos: most, unit },
    { what: "enough", picos: enough, unit },
  ];
}

function wordsOf(lower: readonly Lower[]): string {
  const called = lower.map(({ resource }) => resource.called);
  return called.length > 1
    ? `${called.slice(0, -1).join(", ")} and ${called.at(-1) ?? ""} each`
    : called.join("");
}

function changeOf(quota: QuotaUse, shown: string, lower: readonly Lower[]): string {
  const hard = Object.fromEntries(
    lower.map(({ resource, enough }) => [resource.key, `${enough / ONE}${resource.suffix}`]),
  );
  const ask = kubectl(quota);
  return [
    `${ask} describe resourcequota ${shellWord(shown)}   # its scopes, and whether it says cpu for requests.cpu: they are the same, and the lower limit holds`,
    `${ask} patch resourcequota ${shellWord(shown)} --type merge -p '${JSON.stringify({ spec: { hard } })}'`,
    "# Where Argo CD or Helm makes it, change it there, or it comes back.",
  ].join("\n");
}
