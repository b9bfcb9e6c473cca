import { overlap, reversed, type ConfiguredDates, type Problem } from "./dates.js";

interface ConfiguredPool extends ConfiguredDates {
  readonly id: string;
  readonly nodes: readonly string[];
  readonly team?: string | undefined;
}

type ConfiguredTeam = ConfiguredDates & { readonly id: string };

/**
 * What the schema cannot say of the node pools of one cluster, all of it at once: a tenant that is not there, dates that lie the
 * wrong way round, a node that would be in two pools at one time.
 */
export function checkNodePools(
  pools: readonly ConfiguredPool[],
  teams: readonly ConfiguredTeam[],
  path: Problem["path"],
): Problem[] {
  return pools.flatMap((pool, index) => {
    const at = [...path, index];
    const earlier = pools.slice(0, index).filter((other) => overlap(other, pool));
    return [
      ...reversed(pool.from, pool.to, [...at, "to"]),
      ...checkTenant(pool, teams, [...at, "team"]),
      ...(earlier.some(({ id }) => id === pool.id)
        ? [{ path: [...at, "id"], message: `"${pool.id}" is named twice at the same time` }]
        : []),
      ...pool.nodes.flatMap((name, place) =>
        earlier.flatMap((other) =>
          other.nodes
            .filter((each) => canMatchTheSame(each, name))
            .map((each) => ({
              path: [...at, "nodes", place],
              message: `"${other.id}" has the nodes ${each} at the same time`,
            })),
        ),
      ),
    ];
  });
}

/** Idle capacity of a tenant that is not there would be charged to nobody's statement. */
function checkTenant(
  { team: id, from, to }: ConfiguredPool,
  teams: readonly ConfiguredTeam[],
  path: Problem["path"],
): Problem[] {
  if (id === undefined) return [];
  const team = teams.find((each) => each.id === id);
  if (!team) return [{ path, message: `there is no team "${id}"` }];
  const isThere = (team.from ?? "") <= (from ?? "") && (team.to ?? "9") >= (to ?? "9");
  const dates = `from ${team.from ?? "the start"} to ${team.to ?? "the end"}`;
  return isThere ? [] : [{ path, message: `team "${id}" is there ${dates} only, the pool longer` }];
}

/** Of two patterns with a rest one begins like the other; a whole name begins like the pattern or is the same. */
function canMatchTheSame(a: string, b: string): boolean {
  const [stemA, stemB] = [a, b].map((pattern) => pattern.replace(/\*$/, "")) as [string, string];
  if (a !== stemA && b !== stemB) return stemA.startsWith(stemB) || stemB.startsWith(stemA);
  if (a !== stemA) return stemB.startsWith(stemA);
  if (b !== stemB) return stemA.startsWith(stemB);
  return a === b;
}
