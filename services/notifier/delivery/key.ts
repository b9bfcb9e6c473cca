import type { Direction } from "@apportion/books/anomalies/find-anomalies";
import type { BudgetOwner } from "@apportion/books/budgets/lines";
import { lineOf, type ToldAlert } from "@apportion/books/budgets/evaluate";
import { sha256 } from "@apportion/domain/hash";
import type { BillingPeriod, Day } from "@apportion/domain/period";

/** Alerts about thresholds of a budget: that one was passed, or that it is expected to be. */
export type ThresholdKind = "budget-alert" | "forecast-alert";

/** What a mail is about. Two subjects with the same key are the same mail, which is sent once. */
export type DeliverySubject =
  | ({
      readonly kind: ThresholdKind | `${ThresholdKind}-withdrawal`;
      /** Of a quarter or year its first month. */
      readonly period: BillingPeriod;
      /** Empty where the budget is no team's: then its version says whose. */
      readonly teamId: string;
      /** What the mail says is spent, or of a forecast is expected, in picos. */
      readonly spent: bigint;
      /** Other thresholds of which the mail says the same: they are told with it, and have no mail of their own. */
      readonly alsoTells: readonly ThresholdTold[];
    } & ThresholdTold)
  | ({
      readonly kind: "anomaly-alert";
      /** Month of its day. */
      readonly period: BillingPeriod;
      readonly teamId: string;
      /** Others of the team and day that the mail tells of: they have no mail of their own. */
      readonly alsoTellsOf: readonly AnomalyTold[];
    } & AnomalyTold)
  | {
      readonly kind: "team-report";
      readonly period: BillingPeriod;
      readonly teamId: string;
      readonly edition: string;
    }
  /** The reports of several teams to somebody who leads them. */
  | {
      readonly kind: "team-digest";
      readonly period: BillingPeriod;
      /** Its address. */
      readonly recipient: string;
      readonly edition: string;
      /** Empty for the mail as a whole. */
      readonly teamId: string;
      /** Teams whose reports are in it: of them the recipient gets no mail of their own. */
      readonly alsoTellsOfTeams: readonly string[];
    }
  | { readonly kind: "finance-report"; readonly period: BillingPeriod; readonly edition: string }
  /** That a month cannot close, said on a day. */
  | { readonly kind: "not-closed"; readonly period: BillingPeriod; readonly day: Day }
  /** That alerts of a day are held back. */
  | { readonly kind: "held-back"; readonly period: BillingPeriod; readonly day: Day }
  | { readonly kind: "undeliverable"; readonly of: Exclude<DeliverySubject, { kind: "undeliverable" }> }
  /** What is kept as it was said: a mail to a channel, or one that somebody has sent again. */
  | {
      readonly kind: "channel-notice" | "retry";
      readonly period: BillingPeriod;
      /** Empty for finance. */
      readonly teamId: string;
      readonly key: string;
    };

/** What tells anomalies of a team apart. */
export interface AnomalyTold {
  readonly day: Day;
  readonly category: string;
  readonly direction: Direction;
}

/** A threshold of a version of the budget; a withdrawal has the episode of the alert that it takes back. */
export type ThresholdTold = Pick<ToldAlert, "thresholdPercent" | "budgetVersion" | "episode" | "crossedOn">;

/** Readable on purpose: `budget-alert/2026-11/search/90/2026-11@1200.00/0`. The crossing day and what is spent are no part of it. */
export function deliveryKey(subject: DeliverySubject): string {
  switch (subject.kind) {
    case "budget-alert":
    case "budget-alert-withdrawal":
    case "forecast-alert":
    case "forecast-alert-withdrawal": {
      const { kind, period, teamId, thresholdPercent, budgetVersion, episode } = subject;
      return [kind, period, teamId, thresholdPercent, budgetVersion, episode].join("/");
    }
    case "anomaly-alert": {
      const { kind, period, teamId, day, category, direction } = subject;
      return [kind, period, teamId, day, category, direction].join("/");
    }
    case "team-report":
      return [subject.kind, subject.period, subject.teamId, subject.edition].join("/");
    case "team-digest": {
      // Not by its teams: one that comes later makes no second digest.
      const { kind, period, recipient, edition, teamId } = subject;
      return [kind, period, recipient, edition, ...(teamId === "" ? [] : [teamId])].join("/");
    }
    case "finance-report":
      return [subject.kind, subject.period, subject.edition].join("/");
    case "not-closed":
    case "held-back":
      return [subject.kind, subject.period, subject.day].join("/");
    case "undeliverable":
      return `${subject.kind}/${deliveryKey(subject.of)}`;
    case "channel-notice":
    case "retry":
      return subject.key;
  }
}

/** Whether a mail is due to what was read: as many of them as readings bring about. */
export function isAlert({ kind }: DeliverySubject): boolean {
  return kind.startsWith("budget-alert") || kind.startsWith("forecast-alert") || kind === "anomaly-alert";
}

type Withdrawal = Extract<DeliverySubject, { alsoTells: unknown }> & {
  readonly kind: `${ThresholdKind}-withdrawal`;
};

export function isWithdrawal(about: DeliverySubject): about is Withdrawal {
  return about.kind === "budget-alert-withdrawal" || about.kind === "forecast-alert-withdrawal";
}

/** Keys of the alerts that it takes back: it has their thresholds, versions and episodes. */
export function alertsTakenBack(about: Withdrawal): string[] {
  const kind = about.kind === "budget-alert-withdrawal" ? "budget-alert" : "forecast-alert";
  return [about, ...about.alsoTells].map((told) => deliveryKey({ ...about, ...told, kind }));
}

/** The first message of the thread that alerts of a team and month are in; nobody has it, and mail programs gather those that name it. */
export function threadOf(subject: DeliverySubject, domain: string): string | undefined {
  if (!isAlert(subject) || !("period" in subject)) return undefined;
  return messageIdOf(`alerts/${subject.period}/${whomOf(subject)}`, domain);
}

/** Whom an alert is about: a team, or else the line of the budget, which begins with its owner: `department/ml/year/`. */
export function whomOf(subject: DeliverySubject): string {
  const line = "budgetVersion" in subject ? lineOf(subject.budgetVersion) : undefined;
  return teamOf(subject) || (line ?? "");
}

/** `…//80/cost-center/cc-ml/year/gpu:2026-01@1200.00/0`; there may be any sign in the name of a cost center, but not in what follows it. */
const OWNER = /^[^/]*\/[^/]*\/\/\d+\/(?<kind>department|cost-center)\/(?<id>.*)\/[^/]*\/[^/]*\/\d+$/s;

/** Whose budget an alert is about where it is no team's, by its key: that is all that is kept of a mail. */
export function ownerOf(key: string): Pick<BudgetOwner, "kind" | "id"> | undefined {
  const { kind, id = "" } = OWNER.exec(key)?.groups ?? {};
  return kind === "department" || kind === "cost-center" ? { kind, id } : undefined;
}

/** A version is `2026-01@1200.00`, after the line of the budget where it has one; before the key there may be to which channel, and how often, it goes. */
const ALERT =
  /^(?:retry\/\d+\/)?(?<to>channel\/[^/]*\/)?(?<kind>budget|forecast)-alert(?:-withdrawal)?\/(?<period>[^/]*)\/(?<teamId>[^/]*)\/\d+\/(?:(?<line>.*):)?[^/:]*\/\d+$/s;

/**
 * What messages about one budget and month have in common, by their keys: what takes an alert back has the lowest threshold of several, of whatever
 * versions, and the alert had the highest. Of other messages their keys.
 */
export function budgetOfKey(key: string): string {
  const { to = "", kind, period, teamId, line = "" } = ALERT.exec(key)?.groups ?? {};
  return kind === undefined ? key : [`${to}${kind}`, period, teamId, line].join("/");
}

/** Team that a mail is about; empty for finance, and where a budget is no team's. */
export function teamOf(subject: DeliverySubject): string {
  const about = subject.kind === "undeliverable" ? subject.of : subject;
  return "teamId" in about ? about.teamId : "";
}

/** The same for each attempt at the same mail, so that mail programs show a repeat only once. */
export function messageIdOf(key: string, domain: string): string {
  return `<${sha256(key).slice(0, 40)}@${domain}>`;
}
