import type { Recommendation } from "@apportion/books/advice/advise";
import { probableOwner } from "@apportion/books/advice/probable-owner";
import { parseReasons, type Reason } from "@apportion/domain/reason";
import type { Registry } from "@apportion/domain/tenancy";
import { headline, savingText } from "../advice/words.js";
import type { PoolPart } from "./pool-parts.js";

/** What is to be done about a part of a pool that nobody owes, and who should take it. */
export interface NextStep {
  readonly step: string;
  readonly who: string;
}

export interface PoolStep extends PoolPart {
  /** Undefined where nobody has looked for what could be done. */
  readonly next: NextStep | undefined;
}

interface Advised {
  readonly registry: Pick<Registry, "teams">;
  readonly currency: string;
  /** Undefined where they were not read: what has none is then said to have none by nobody. */
  readonly recommendations: readonly Recommendation[] | undefined;
}

const OPERATOR = "whoever runs Apportion";

/** Finds the next step of each part: what is advised about it, else what its reason asks for. */
export function nextSteps({
  registry,
  currency,
  recommendations,
}: Advised): (parts: readonly PoolPart[]) => PoolStep[] {
  const advised = new Map((recommendations ?? []).map((each) => [adviceKey(each), each]));
  const nextOf = (part: PoolPart): NextStep | undefined => {
    if (part.reason === "")
      return recommendations && ofIdle(part, advised.get(keyOf("idle-capacity", part.cluster, "")), currency);
    const guess = probableOwner(
      { names: [part.namespace], labels: [part.label], costCenters: [] },
      registry.teams,
    );
    const team = registry.teams.find(({ id }) => id === guess?.team);
    const who = team && `${team.name}, probably: ${guess?.because ?? ""}`;
    const advice =
      part.namespace === ""
        ? advised.get(keyOf("unowned-buckets", part.service, part.label))
        : advised.get(keyOf("unowned-namespace", part.cluster, part.namespace));
    return ofUnallocated(part, who, advice);
  };
  return (parts) => parts.map((part) => ({ ...part, next: nextOf(part) }));
}

function adviceKey({ kind, subject }: Recommendation): string {
  const [, service = "", label = ""] = subject.billLine;
  return kind === "unowned-buckets"
    ? keyOf(kind, service, label)
    : keyOf(kind, subject.cluster, subject.namespace);
}

function keyOf(...names: readonly [Recommendation["kind"], ...string[]]): string {
  return JSON.stringify(names);
}

function ofIdle({ cluster, category }: PoolPart, advice: Recommendation | undefined, currency: string): NextStep {
  const who = cluster === "" ? OPERATOR : `whoever runs the nodes of ${cluster}`;
  if (category === "idle-variance")
    return { step: "None: nodes were allocated beyond their cost, which other rows make up for", who: "nobody to act on" };
  if (advice)
    return { step: `${headline(advice)}: ${savingText(advice, currency)} a month (${advice.id})`, who };
  return { step: "Nothing is advised: within the room for peaks, a quarter of the cluster, or too few days are known", who };
}

/** @param owner who it probably is */
function ofUnallocated(
  { reason, pool, service }: PoolPart,
  owner: string | undefined,
  advice: Recommendation | undefined,
): NextStep {
  const [first] = reasonsOf(reason);
  const more = advice ? ` (recommendation ${advice.id})` : "";
  switch (first?.kind) {
    case "no-owner":
      return {
        step: `Give it an owner in the configuration, or mend its label${more}`,
        who: owner ?? "finance, to ask who runs it",
      };
    case "untagged":
      return {
        step: `Tag ${advice ? "the buckets" : "what it is for"} with the team${more}`,
        who: owner ?? "finance, to ask whose it is",
      };
    case "no-collector":
      return { step: `Configure a collector for ${service || "these lines of the bill"}`, who: OPERATOR };
    case "no-bytes":
      return { step: "Measure bytes by namespace on each cluster of the account", who: OPERATOR };
    case "usage-without-owner":
      return { step: "Have each use carry the tag of its team", who: `whoever runs ${pool}` };
    case "no-reading":
    case "no-usage":
      return { step: `Mend what reads ${first.meter}`, who: OPERATOR };
    default:
      return { step: "Name who takes it in the policy of the pool", who: "finance" };
  }
}

/** What a newer program wrote says nothing here. */
function reasonsOf(text: string): readonly Reason[] {
  try {
    return parseReasons(text);
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}
