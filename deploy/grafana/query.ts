import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";

/** The one data source, as `provisioning/datasources` declares it. */
export const DATASOURCE = { type: "grafana-clickhouse-datasource", uid: "apportion" } as const;

/** What the ClickHouse data source calls the two shapes that an answer can have. */
const FORMATS = { timeseries: 0, table: 1 } as const;
export type Shape = keyof typeof FORMATS;

/** A query of the ClickHouse data source, of which the SDK has no type. */
export interface ClickHouseQuery extends Dataquery {
  readonly refId: string;
  readonly datasource: typeof DATASOURCE;
  readonly editorType: "sql";
  readonly queryType: Shape;
  readonly format: number;
  readonly pluginVersion: string;
  readonly rawSql: string;
}

/** With which version of the data source the queries are meant to be read; docker-compose.yml installs the same. */
export const PLUGIN_VERSION = "4.20.0";

export function clickHouseQuery(shape: Shape, rawSql: string): Builder<Dataquery> {
  const query: ClickHouseQuery = {
    refId: "A",
    datasource: DATASOURCE,
    editorType: "sql",
    queryType: shape,
    format: FORMATS[shape],
    pluginVersion: PLUGIN_VERSION,
    rawSql,
    _implementsDataqueryVariant() {},
  };
  return { build: () => query };
}
