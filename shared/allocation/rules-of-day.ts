import { billingPeriodOf, type Day, daysOf } from "@apportion/domain/period";
import {
  isEffectiveOn,
  type Owner,
  ownerResolver,
  type Registry,
  type Subject,
} from "@apportion/domain/tenancy";
import { isLimited, type Policies, type PoliciesOfDay, policiesOn, type PolicyOfDay } from "./policy.js";

/** Who owns what and how pools are split, with their dates. */
export interface Rules {
  readonly registry: Registry;
  readonly policies: Policies;
}

/** The rules of one day, computed once for all that is decided of it. */
export interface RulesOfDay {
  readonly day: Day;
  readonly registry: Registry;
  readonly policies: PoliciesOfDay;
  /** Teams that are there: nobody else pays for the day, whatever it used on other days of the month. */
  readonly teams: ReadonlySet<string>;
  /** Policies with caps or minimum charges, on the last day of a month: limits are of whole months. */
  readonly limited: readonly PolicyOfDay[];
  /** Owners as of any day: usage belongs to who owned its namespace when it was used. */
  readonly ownersOn: (day: Day) => OwnerOf;
}

export type OwnerOf = (subject: Subject) => Owner | undefined;

export function rulesOn({ registry, policies }: Rules, day: Day): RulesOfDay {
  const ofDay = policiesOn(policies, day);
  const isLast = day === daysOf(billingPeriodOf(day)).at(-1);
  return {
    day,
    registry,
    policies: ofDay,
    teams: new Set(registry.teams.filter((team) => isEffectiveOn(team, day)).map(({ id }) => id)),
    limited: isLast ? ofDay.pools.filter(isLimited) : [],
    ownersOn: resolvers(registry),
  };
}

function resolvers(registry: Registry): RulesOfDay["ownersOn"] {
  const known = new Map<Day, OwnerOf>();
  return (day) => {
    const resolve = known.get(day) ?? ownerResolver(registry, day);
    known.set(day, resolve);
    return resolve;
  };
}
