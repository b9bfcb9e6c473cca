import { composeStatements, type MonthLine, type MonthStatements } from "@apportion/domain/statement";
import type { Team } from "@apportion/domain/tenancy";

/**
 * What a month charges everybody, in cents that add up: the one place where statements are made of lines, whether these were read, posted,
 * computed again or simulated.
 * @param teams that get a statement even when they owe nothing
 */
export function statementsOf(
  lines: readonly MonthLine[],
  teams: readonly Pick<Team, "id">[] = [],
): MonthStatements {
  return composeStatements(
    lines,
    teams.map(({ id }) => id),
  );
}
