import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { CATEGORIES } from "@apportion/domain/category";
import { DARK } from "@apportion/reports/charts/palette";
import { colour } from "./colours.js";
import { dashboards, dashboardText } from "./dashboards.js";
import { type ClickHouseQuery, DATASOURCE, PLUGIN_VERSION } from "./query.js";

const HERE = fileURLToPath(new URL("./", import.meta.url));
const ROOT = `${HERE}../../`;
const read = (file: string): string => readFileSync(`${ROOT}${file}`, "utf8");
const VIEWS = new Set(readdirSync(`${ROOT}migrations/views`).map((file) => file.replace(".sql", "")));

const made = dashboards("USD");
const panels = [...made].flatMap(([name, { panels: of = [] }]) =>
  of.map((panel) => [`${name}: ${panel.title}`, panel as Panel] as const),
);
const sqlOf = ({ targets = [] }: Panel): string => (targets[0] as unknown as ClickHouseQuery).rawSql;
/** Views and tables that a query names after FROM and JOIN, without those of its own. */
function relationsOf(sql: string): Set<string> {
  const own = new Set(Array.from(sql.matchAll(/(\w+) AS \((?:WITH|SELECT)/g), ([, name]) => name));
  const named = Array.from(sql.matchAll(/\b(?:FROM|JOIN) (\w+)/g), ([, name = ""]) => name);
  return new Set(named.filter((name) => !own.has(name)));
}

describe("dashboards", () => {
  it("lie in the repository as the code makes them", () => {
    const files = readdirSync(`${HERE}dashboards`);
    expect(files.toSorted()).toEqual([...made.keys()].map((name) => `${name}.json`).toSorted());
    for (const [name, dashboard] of made)
      expect(readFileSync(`${HERE}dashboards/${name}.json`, "utf8")).toBe(dashboardText(dashboard));
  });

  it("are for a team's pay, finance, exploring, capacity and operation, of one data source, in UTC", () => {
    expect([...made.keys()]).toEqual(["teams", "finance", "explorer", "capacity", "operations"]);
    const all = [...made.values()];
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
    for (const { timezone, editable } of all) expect([timezone, editable]).toEqual(["utc", false]);
    for (const [, { datasource }] of panels) expect(datasource).toEqual(DATASOURCE);
  });

  it.each(panels)("%s says what it shows, from which views, in which unit", (_, panel) => {
    const { title = "", description = "" } = panel;
    expect(title).not.toBe("");
    const relations = relationsOf(sqlOf(panel));
    expect(relations.size).toBeGreaterThan(0);
    for (const relation of relations) {
      expect(VIEWS).toContain(relation);
      expect(description).toContain(`\`${relation}\``);
    }
    expect(title).toMatch(/\(.+\)$/);
  });

  it("have no pies and no second axes", () => {
    for (const [, { type, fieldConfig }] of panels) {
      expect(type).toMatch(/^(table|stat|timeseries|trend|barchart|bargauge)$/);
      expect(JSON.stringify(fieldConfig)).not.toContain("axisPlacement");
    }
  });

  it("have the colours of reports for every category, grey for what is nobody's", () => {
    const series = panels.filter(
      ([, panel]) => /\bcategory\b/.test(sqlOf(panel)) && panel.type === "barchart",
    );
    expect(series).toHaveLength(1);
    const overrides = JSON.stringify(series[0]?.[1].fieldConfig?.overrides);
    for (const category of CATEGORIES) {
      expect([DARK.colours[category], "text"]).toContain(colour(category));
      expect(overrides).toContain(`"/(^|\\\\s)${category}$/"`);
    }
    for (const name of ["idle", "idle-cpu", "unallocated", "corporate"]) {
      const [red = 0, green = 0, blue = 0] = (colour(name).match(/\w\w/g) ?? []).map((hex) =>
        Number.parseInt(hex, 16),
      );
      expect(Math.max(red, green, blue) - Math.min(red, green, blue)).toBeLessThan(25);
    }
  });

  it("say another currency where they are made for one", () => {
    const text = [...dashboards("EUR").values()].map(dashboardText).join("");
    expect(text).toContain("(EUR)");
    expect(text).not.toContain("USD");
  });
});

describe("docker-compose.yml", () => {
  interface Compose {
    readonly services: Readonly<Record<string, { readonly environment: Readonly<Record<string, string>> }>>;
  }
  const { services } = parse(read("docker-compose.yml"), { merge: true }) as Compose;

  it("installs the version of the data source for which the queries are made", () => {
    expect(services["grafana"]?.environment["GF_PLUGINS_PREINSTALL_SYNC"]).toBe(
      `${DATASOURCE.type}@${PLUGIN_VERSION}`,
    );
  });

  it("has an example in the currency that the dashboards name", () => {
    const { currency } = parse(read("compose/apportion.yaml")) as { currency: string };
    const [dashboard] = made.values() as Iterable<Dashboard>;
    expect(JSON.stringify(dashboard)).toContain(`(${currency})`);
  });
});
