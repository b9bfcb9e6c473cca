import type { Allocation } from "@apportion/allocation/line";
import { stripsOf } from "@apportion/allocation/strips";
import type { MonthLine } from "@apportion/domain/statement";

/** What of a month's lines its statements tell apart, summed day by day. */
export class MonthSum {
  /** By all that a statement says of a line, and by team. */
  readonly #sums = new Map<
    string,
    { readonly identity: Omit<MonthLine, "teamId" | "picos">; readonly byTeam: Map<string, bigint> }
  >();

  add(allocation: Allocation): void {
    for (const { first, teamIds, amounts } of stripsOf(allocation)) {
      const { owner, category, basis, pool, method, reason } = first;
      const identity = { ownerKind: owner.kind, category, basis, pool, method, reason };
      const key = JSON.stringify(identity);
      const { byTeam } = this.#sums.get(key) ?? { byTeam: new Map<string, bigint>() };
      this.#sums.set(key, { identity, byTeam });
      for (let index = 0; index < amounts.length; index += 1) {
        const teamId = teamIds[index] ?? "";
        byTeam.set(teamId, (byTeam.get(teamId) ?? 0n) + (amounts[index] ?? 0n));
      }
    }
  }

  lines(): MonthLine[] {
    return [...this.#sums.values()].flatMap(({ identity, byTeam }) =>
      Array.from(byTeam, ([teamId, picos]) => ({ ...identity, teamId, picos })),
    );
  }
}
