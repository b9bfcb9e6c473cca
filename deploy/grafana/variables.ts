import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DATASOURCE } from "./query.js";

/** The newest month that is chosen first: variables of a query begin with its first row. */
const MONTHS = "SELECT billing_period FROM billing_periods ORDER BY billing_period DESC";

function fromQuery(name: string, label: string, sql: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(sql)
    .allowCustomValue(false)
    .refresh(VariableRefresh.OnDashboardLoad);
}

/** Several of them, to begin with all: `IN (${name:singlequote})`. */
function several(name: string, label: string, sql: string): QueryVariableBuilder {
  return fromQuery(name, label, sql)
    .multi(true)
    .includeAll(true)
    .current({ text: ["All"], value: ["$__all"] });
}

export const month = (): Builder<VariableModel> => fromQuery("month", "Month", MONTHS);

export const team = (): Builder<VariableModel> =>
  several("team", "Team", "SELECT DISTINCT team_id FROM team_monthly_costs ORDER BY team_id");

/** Teams, and who else a dollar can be with: idle, corporate, unallocated. */
export const owner = (): Builder<VariableModel> =>
  several(
    "owner",
    "Team, or who else",
    "SELECT if(owner_kind = 'team', team_id, owner_kind) AS owner FROM current_allocations GROUP BY owner ORDER BY min(owner_kind != 'team'), owner",
  );

export const cluster = (): Builder<VariableModel> =>
  several("cluster", "Cluster", "SELECT DISTINCT cluster FROM workload_daily_costs ORDER BY cluster");

/** One of some words that a query has in the place of a name: `${name:raw}`. */
export function choice(
  name: string,
  label: string,
  words: Readonly<Record<string, string>>,
): Builder<VariableModel> {
  const options = Object.entries(words).map(([text, value], index) => ({
    text,
    value,
    selected: index === 0,
  }));
  return new CustomVariableBuilder(name)
    .label(label)
    .values(options.map(({ text, value }) => `${text} : ${value}`).join(", "))
    .options(options)
    .current(options[0] ?? { text: "", value: "" })
    .allowCustomValue(false);
}
