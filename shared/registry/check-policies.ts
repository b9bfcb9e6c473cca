import type { Method, Policies, PoolPolicy } from "@apportion/allocation/policy";
import { closedLoops, type ServiceWeights } from "@apportion/allocation/services";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { KEPT_POOLS, NAMED_POOLS } from "@apportion/domain/pool-id";
import type { EffectiveDates } from "@apportion/domain/tenancy";

type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  readonly message: string;
}

/** What policies may name. */
export interface KnownNames {
  readonly teams: readonly ({ readonly id: string } & EffectiveDates)[];
  readonly sharedServices: readonly string[];
  /** Those that usage collectors provide; absent where it is not known. */
  readonly meters?: readonly string[];
}

const HUNDRED = parsePicos("100");

/**
 * What the schema cannot say of policies, all of it at once: names that do not exist, percentages that do not add up to 100,
 * versions that overlap or leave a gap, services that would only serve each other.
 * @param at where the policies lie in the document, for the problems' paths
 * @param areAll whether these are all policies: with one missing others seem to leave gaps
 */
export function checkPolicies(
  { pools, betweenServices }: Policies,
  known: KnownNames,
  at: Path,
  areAll = true,
): Problem[] {
  const policiesAt = [...at, "policies"];
  const betweenAt = [...at, "betweenServices"];
  return [
    ...pools.flatMap((policy, index) => checkPolicy(policy, known, [...policiesAt, index])),
    ...(areAll ? checkAsWhole(pools, betweenServices, policiesAt, betweenAt) : []),
    ...betweenServices.flatMap(({ order }, index) =>
      order.flatMap((id, place) =>
        known.sharedServices.includes(id)
          ? []
          : [{ path: [...betweenAt, index, "order", place], message: noService(id, known) }],
      ),
    ),
  ];
}

function checkAsWhole(
  pools: readonly PoolPolicy[],
  betweenServices: Policies["betweenServices"],
  policiesAt: Path,
  betweenAt: Path,
): Problem[] {
  return [
    ...versions(
      pools.map((policy, index) => ({ ...policy, path: [...policiesAt, index] })),
      ({ pool }) => pool,
    ),
    ...loops(pools, policiesAt),
    ...versions(
      betweenServices.map((each, index) => ({ ...each, path: [...betweenAt, index] })),
      () => "betweenServices",
    ),
  ];
}

function checkPolicy(policy: PoolPolicy, known: KnownNames, path: Path): Problem[] {
  const pools = [...NAMED_POOLS, ...known.sharedServices];
  const unknownPool = pools.includes(policy.pool)
    ? []
    : [
        {
          path: [...path, "pool"],
          message: `there is no shared service "${policy.pool}"; there are ${pools.join(", ")}`,
        },
      ];
  return [
    ...unknownPool,
    ...policy.exempt.flatMap((team, index) => unknownTeam(team, policy, known, [...path, "exempt", index])),
    ...checkLimits(policy, known, path),
    ...policy.methods.flatMap((method, index) =>
      checkMethod(method, policy, known, [...path, "methods", index], index === policy.methods.length - 1),
    ),
  ];
}

function checkLimits(policy: PoolPolicy, known: KnownNames, path: Path): Problem[] {
  const { pool, caps, minimums, exempt } = policy;
  const named = [
    ...Object.keys(caps).map((team) => ({ team, at: [...path, "caps", team] })),
    ...Object.keys(minimums).map((team) => ({ team, at: [...path, "minimums", team] })),
  ];
  // They bound whole months, on the last day of each: one that held for a part of it would be applied to all of it, or never.
  const midMonth = (["from", "to"] as const).filter(
    (edge) => named.length > 0 && policy[edge] !== undefined && !policy[edge].endsWith("-01"),
  );
  const ofClusters = named.length > 0 && ["system", "idle"].includes(pool);
  return [
    ...(ofClusters
      ? [{ path, message: `"${pool}" is a pool for each cluster, which has no caps or minimums` }]
      : []),
    ...midMonth.map((edge) => ({
      path: [...path, edge],
      message: `caps and minimums are of whole months: let the policy hold ${edge === "from" ? "from" : "to"} the first of a month, not ${policy[edge]}`,
    })),
    ...named.flatMap(({ team, at }) => unknownTeam(team, policy, known, at)),
    ...named
      .filter(({ team }) => exempt.includes(team))
      .map(({ team, at }) => ({ path: at, message: `"${team}" is exempt and has a limit` })),
    ...Object.entries(minimums)
      .filter(([team, least]) => parsePicos(least) > parsePicos(caps[team] ?? least))
      .map(([team, least]) => ({
        path: [...path, "minimums", team],
        message: `${least} is more than the cap of ${caps[team]}`,
      })),
  ];
}

function checkMethod(
  method: Method,
  policy: PoolPolicy,
  known: KnownNames,
  path: Path,
  isLast: boolean,
): Problem[] {
  switch (method.kind) {
    case "usage":
      return [
        ...method.meters.flatMap(({ meter }) =>
          known.meters?.includes(meter) !== false
            ? []
            : [
                {
                  path,
                  message: `no collector measures "${meter}"; there are ${known.meters.join(", ") || "none"}`,
                },
              ],
        ),
        ...sumTo100(
          method.meters.map(({ percent }) => percent),
          path,
        ),
      ];
    case "fixed":
      return [
        ...Object.keys(method.teams).flatMap((team) => [
          ...unknownTeam(team, policy, known, [...path, "teams", team]),
          ...(policy.exempt.includes(team)
            ? [{ path: [...path, "teams", team], message: `"${team}" is exempt and has a percentage` }]
            : []),
        ]),
        ...Object.keys(method.services).flatMap((id) =>
          known.sharedServices.includes(id) && id !== policy.pool && !isNamed(policy.pool)
            ? []
            : [
                {
                  path: [...path, "services", id],
                  message: isNamed(policy.pool)
                    ? `"${policy.pool}" is split among teams only`
                    : id === policy.pool
                      ? `"${id}" cannot charge itself`
                      : noService(id, known),
                },
              ],
        ),
        ...sumTo100([...Object.values(method.teams), ...Object.values(method.services)], path),
      ];
    case "keep":
      return [
        ...(KEPT_POOLS.some((pool) => pool === policy.pool)
          ? []
          : [
              {
                path,
                message: `"${policy.pool}" has to be split: only ${KEPT_POOLS.join(", ")} are kept`,
              },
            ]),
        ...(isLast ? [] : [{ path, message: "what follows `keep` is never tried" }]),
      ];
    case "proportional":
    case "even":
      return [];
  }
}

function isNamed(pool: string): boolean {
  return (NAMED_POOLS as readonly string[]).includes(pool);
}

function noService(id: string, { sharedServices }: KnownNames): string {
  return `there is no shared service "${id}"; there are ${sharedServices.join(", ") || "none"}`;
}

/** A team that a policy names must be there as long as the policy holds, or its part of the pool would have no taker. */
function unknownTeam(id: string, { from, to }: EffectiveDates, known: KnownNames, path: Path): Problem[] {
  const team = known.teams.find((each) => each.id === id);
  if (!team) return [{ path, message: `there is no team "${id}"` }];
  const starts = (team.from ?? "") <= (from ?? "");
  const ends = (team.to ?? "9") >= (to ?? "9");
  const dates = `from ${team.from ?? "the start"} to ${team.to ?? "the end"}`;
  return starts && ends ? [] : [{ path, message: `team "${id}" is there ${dates} only, the policy longer` }];
}

function sumTo100(percentages: readonly string[], path: Path): Problem[] {
  const sum = percentages.reduce((total, percent) => total + parsePicos(percent), 0n);
  return sum === HUNDRED
    ? []
    : [{ path, message: `the percentages add up to ${formatPicos(sum)}, not to 100` }];
}

/** Versions of one thing must follow each other without overlap and without a gap; before the first the default holds. */
function versions<V extends EffectiveDates & { readonly path: Path }>(
  all: readonly V[],
  nameOf: (version: V) => string,
): Problem[] {
  const names = [...new Set(all.map(nameOf))];
  return names.flatMap((name) => {
    const inOrder = all
      .filter((version) => nameOf(version) === name)
      .toSorted((a, b) => ((a.from ?? "") < (b.from ?? "") ? -1 : 1));
    return inOrder.flatMap((version, index): Problem[] => {
      const next = inOrder[index + 1];
      if (version.from !== undefined && version.to !== undefined && version.from >= version.to)
        return [{ path: [...version.path, "to"], message: "`from` must lie before `to`" }];
      if (!next)
        return version.to === undefined
          ? []
          : [
              {
                path: [...version.path, "to"],
                message: `nothing of "${name}" holds from ${version.to} on; leave \`to\` out or add what follows`,
              },
            ];
      if (version.to === undefined || version.to > (next.from ?? ""))
        return [
          {
            path: next.path,
            message: `"${name}" has a policy already${next.from === undefined ? "" : ` on ${next.from}`}: end the other with \`to\``,
          },
        ];
      return version.to === next.from
        ? []
        : [
            {
              path: [...next.path, "from"],
              message: `nothing of "${name}" holds from ${version.to} to ${next.from}: leave no gap`,
            },
          ];
    });
  });
}

/** By fixed percentages alone a loop shows before any usage is known. */
function loops(pools: readonly PoolPolicy[], at: Path): Problem[] {
  const fixed = pools.flatMap((policy, index) => {
    const [first] = policy.methods;
    if (first?.kind !== "fixed") return [];
    const weights: ServiceWeights = {
      id: policy.pool,
      services: positive(first.services),
      others: positive(first.teams),
    };
    return [{ weights, index }];
  });
  const named = new Set(fixed.map(({ weights }) => weights.id));
  // A service without fixed percentages leads to teams, or is found out when its usage is known.
  const leadsOut = ({ services, ...rest }: ServiceWeights): ServiceWeights => {
    const outside = [...services.keys()].some((id) => !named.has(id));
    return { ...rest, services, others: outside ? new Map([["", 1n]]) : rest.others };
  };
  const closed = closedLoops(fixed.map(({ weights }) => leadsOut(weights)));
  return fixed
    .filter(({ weights }) => closed.includes(weights.id))
    .map(({ index }) => ({
      path: [...at, index, "methods", 0],
      message: `${closed.join(", ")} serve only each other: nobody outside would ever pay`,
    }));
}

function positive(shares: Readonly<Record<string, string>>): Map<string, bigint> {
  const entries = Object.entries(shares).map(([id, percent]) => [id, parsePicos(percent)] as const);
  return new Map(entries.filter(([, weight]) => weight > 0n));
}
