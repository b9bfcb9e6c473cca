import type { Dashboard, Panel, RowPanel, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { ClickHouseQuery } from "@apportion/grafana/query";

/** For tests: what a viewer of a dashboard has chosen. */
export interface Chosen {
  readonly from: Date;
  readonly to: Date;
  readonly variables: Readonly<Record<string, string | readonly string[]>>;
}

/** A panel as what asks: its title, and its SQL as it stands in the file. */
export interface AskingPanel {
  readonly dashboard: string;
  readonly title: string;
  readonly sql: string;
}

export function panelsOf(name: string, { panels = [] }: Dashboard): AskingPanel[] {
  return panels.map((panel: Panel | RowPanel) => {
    const [query, ...more] = ("targets" in panel ? panel.targets : undefined) ?? [];
    if (query === undefined || more.length > 0) throw new Error(`${panel.title} does not have one query`);
    return {
      dashboard: name,
      title: panel.title ?? "",
      sql: (query as unknown as ClickHouseQuery).rawSql,
    };
  });
}

export function variablesOf(dashboard: Dashboard | undefined): readonly VariableModel[] {
  return dashboard?.templating?.list ?? [];
}

/** What is chosen to begin with: all that its query finds, the month, or the first of what can be chosen. */
export async function valuesOf(
  ask: (sql: string) => Promise<Record<string, unknown>[]>,
  { name, query, options = [] }: VariableModel,
  month: string,
): Promise<string | readonly string[]> {
  if (options.length > 0) return String(options[0]?.value);
  if (typeof query !== "string") throw new Error(`the variable ${name} has neither options nor a query`);
  const found = (await ask(query)).map((row) => String(Object.values(row)[0]));
  if (found.length === 0) throw new Error(`the variable ${name} has no values`);
  if (name !== "month") return found;
  if (!found.includes(month)) throw new Error(`${month} is none of ${found.join(", ")}`);
  return month;
}

/**
 * What Grafana and the ClickHouse data source send for it: exactly what our dashboards use.
 * @throws where anything else that they would replace is left
 */
export function expanded(sql: string, { from, to, variables }: Chosen): string {
  const day = (date: Date): string => `toDate('${date.toISOString().slice(0, 10)}')`;
  const second = (date: Date): string => `toDateTime(${Math.floor(date.getTime() / 1000)})`;
  const valueOf = (name: string): readonly string[] => {
    const value = variables[name];
    if (value === undefined) throw new Error(`no variable ${name}`);
    return typeof value === "string" ? [value] : value;
  };
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const asked = sql
    .replace(/\$\{(\w+):singlequote\}/g, (_, name: string) => valueOf(name).map(quoted).join(","))
    .replace(/\$\{(\w+):raw\}/g, (_, name: string) => valueOf(name).join(","))
    .replace(/\$__dateFilter\((\w+)\)/g, (_, of: string) => `${of} >= ${day(from)} AND ${of} <= ${day(to)}`)
    .replace(
      /\$__timeFilter\((\w+)\)/g,
      (_, of: string) => `${of} >= ${second(from)} AND ${of} <= ${second(to)}`,
    )
    .replace(/\$__fromTime\b/g, () => second(from))
    .replace(/\$__toTime\b/g, () => second(to));
  const left = /\$\S*/.exec(asked)?.[0];
  if (left !== undefined) throw new Error(`the test knows no ${left}`);
  return asked;
}
