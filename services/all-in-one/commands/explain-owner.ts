import pc from "picocolors";
import { parseDay, dayOf, type Day } from "@apportion/domain/period";
import {
  decidingDimension,
  isEffectiveOn,
  matchingRules,
  type EffectiveDates,
  type OwnershipMatch,
  type OwnershipRule,
  type Registry,
  type Subject,
} from "@apportion/domain/tenancy";
import { toRegistry } from "@apportion/registry/config";
import { parseFlag, print, printJson, UsageError, type CommandContext } from "./context.js";
import { loadCommandConfig, type CommonOptions } from "./load.js";

export interface ExplainOwnerOptions extends CommonOptions {
  readonly cluster?: string;
  readonly namespace?: string;
  readonly controller?: string;
  readonly label?: string;
  readonly service?: string;
  readonly day?: string;
}

/** Who owns what the options describe, by the configuration file: which rule won, and why each other that matches did not. */
export function explainOwner(context: CommandContext, options: ExplainOwnerOptions): void {
  const { cluster = "", namespace = "", controller = "", label: teamLabel = "", service = "" } = options;
  const subject: Subject = { cluster, namespace, controller, teamLabel, service };
  if (Object.values(subject).every((value) => value === ""))
    throw new UsageError("explain owner needs --namespace, --cluster, --controller, --label or --service");
  const day = options.day === undefined ? dayOf(context.now()) : parseFlag("--day", options.day, parseDay);
  const config = loadCommandConfig(context, options, []);
  const ruling = rulingOn(toRegistry(config, config.aws?.accounts[0]), day, subject);
  if (options.json) return printJson(context, { day, ...subject, ...ruling });
  print(context, pc.bold(`${ruling.owner ?? "nobody"} owns ${subjectText(subject)} on ${day}`));
  for (const { outcome, owner, rule, because } of ruling.rules)
    print(context, `  ${outcome.padEnd(5)} ${owner.padEnd(28)} ${rule.padEnd(44)} ${pc.dim(because)}`);
  if (ruling.rules.length === 0) print(context, "  No rule matches it on any day.");
}

interface RuledRule {
  readonly outcome: "won" | "lost" | "off";
  readonly owner: string;
  readonly rule: string;
  /** Why it did not win; empty for the one that did. */
  readonly because: string;
}

interface Ruling {
  readonly owner: string | null;
  readonly rules: readonly RuledRule[];
}

/** The rules that match, in the order in which they are asked; then those that do on other days. */
export function rulingOn(registry: Registry, day: Day, subject: Subject): Ruling {
  const [winner, ...others] = matchingRules(registry, day, subject);
  const entry = (outcome: RuledRule["outcome"], rule: OwnershipRule, because: string): RuledRule => ({
    outcome,
    owner: ownerText(rule),
    rule: matchText(rule.match),
    because,
  });
  const elsewhen = registry.rules
    .filter((rule) => !isEffectiveOn(rule, day))
    .filter(
      ({ owner, match }) =>
        matchingRules({ ...registry, rules: [{ owner, match }] }, day, subject).length > 0,
    )
    .map((rule) => entry("off", rule, `it holds ${datesText(rule)}`));
  return {
    owner: winner ? ownerText(winner) : null,
    rules: [
      ...(winner ? [entry("won", winner, "")] : []),
      ...others.map((rule) => entry("lost", rule, winner ? whyItLost(winner.match, rule.match) : "")),
      ...elsewhen,
    ],
  };
}

const DIMENSIONS: Readonly<Record<keyof OwnershipMatch, string>> = {
  controller: "controller",
  namespace: "namespace",
  teamLabel: "team label",
  service: "service",
  cluster: "cluster",
};

function whyItLost(winner: OwnershipMatch, loser: OwnershipMatch): string {
  const dimension = decidingDimension(winner, loser);
  if (dimension === undefined)
    return "the other comes first: shared services, teams, dedicated clusters, system";
  const name = DIMENSIONS[dimension];
  if (loser[dimension] === undefined) return `the other names a ${name}`;
  return winner[dimension]?.endsWith("*")
    ? `the other has a longer pattern for the ${name}`
    : `the other names the ${name} exactly`;
}

function ownerText({ owner }: OwnershipRule): string {
  if (owner.kind === "system") return "system namespaces";
  return `${owner.kind === "team" ? "team" : "shared service"} ${owner.id}`;
}

function matchText(match: OwnershipMatch): string {
  return Object.entries(match)
    .map(([dimension, pattern]) => `${dimension} ${pattern}`)
    .join(", ");
}

function datesText({ from, to }: EffectiveDates): string {
  return [from && `from ${from}`, to && `until ${to}`].filter(Boolean).join(" ");
}

function subjectText(subject: Subject): string {
  return Object.entries(subject)
    .filter(([, value]) => value !== "")
    .map(([dimension, value]) => `${DIMENSIONS[dimension as keyof OwnershipMatch]} ${value}`)
    .join(", ");
}
