import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import {
  circlesIn,
  importsOf,
  longestChain,
  packagesOf,
  trespasses,
  type Source,
  type Tables,
} from "./house.js";

const repository = resolve(import.meta.dirname, "..");
const files = (...patterns: string[]): string[] =>
  execFileSync("git", ["ls-files", ...patterns], { cwd: repository, encoding: "utf8" })
    .split("\n")
    .filter((file) => file !== "" && !file.startsWith("tools/fixtures/"));
const read = (file: string): Source => ({ file, text: readFileSync(join(repository, file), "utf8") });

const packages = packagesOf(
  repository,
  files("*/*/package.json").filter((file) => file.split("/").length === 3),
);
const sources = files("*.ts", "*.tsx").map(read);
/** By the names under which files are imported: whether one has elements in it is not told apart. */
const imports = new Map(
  sources.map((source) => [source.file.replace(/\.tsx$/, ".ts"), importsOf(source, packages)]),
);

/** A newcomer follows a chain of imports by hand. */
const CHAIN_MAX = 12;

describe("the house", () => {
  it("has no files that import each other in a circle, types counted", () => {
    const all = new Map(Array.from(imports, ([file, { values, types }]) => [file, [...values, ...types]]));
    expect(sources.length).toBeGreaterThan(300);
    expect(circlesIn(all)).toEqual([]);
  });

  it(`has no chain of imports over ${CHAIN_MAX} files`, () => {
    const values = new Map(
      Array.from(imports, ([file, each]): [string, readonly string[]] => [file, each.values]).filter(
        ([file]) => !file.endsWith(".test.ts"),
      ),
    );
    const chain = longestChain(values);
    expect(chain.length > CHAIN_MAX ? chain : []).toEqual([]);
  });

  it("is built as a whole: tsconfig.json names every package", () => {
    const { references } = JSON.parse(readFileSync(join(repository, "tsconfig.json"), "utf8")) as {
      references: { path: string }[];
    };
    const folders = files("*/*/package.json").map((file) => file.replace("/package.json", ""));
    expect(references.map(({ path }) => path).toSorted()).toEqual(folders.toSorted());
  });

  it("has tables that their owners alone insert into, and that books read for everybody", () => {
    const production = sources.filter(({ file }) => !file.startsWith("test/") && !file.endsWith(".test.ts"));
    expect(tables.rooms.size).toBeGreaterThan(20);
    expect(production.flatMap((source) => trespasses(source, tables))).toEqual([]);
  });

  it("has tests of a room that forge no rows of another", () => {
    // Who puts tables back damages them first, and test/ does so to all of them.
    const tests = sources.filter(
      ({ file }) =>
        file.endsWith(".test.ts") &&
        /^(services|shared)\//.test(file) &&
        !file.startsWith("services/all-in-one/"),
    );
    const found = tests.flatMap((source) => trespasses(source, tables));
    expect(found.filter((each) => each.includes(" inserts into "))).toEqual([]);
  });
});

const folder = join(repository, "migrations");
const tables: Tables = {
  rooms: new Map(
    readdirSync(join(folder, "tables")).flatMap((file) => {
      const room = file.replace(/^\d+_|\.sql$/g, "");
      const made = readFileSync(join(folder, "tables", file), "utf8").matchAll(
        /CREATE TABLE IF NOT EXISTS (\w+)/g,
      );
      return Array.from(made, ([, name = ""]): [string, string] => [name, room]);
    }),
  ),
  views: readdirSync(join(folder, "views")).map((file) => file.replace(".sql", "")),
};

describe("the rules of the house bite", () => {
  const one = (file: string, text: string): string[] => trespasses({ file, text }, tables);

  it("on who inserts into another's table", () => {
    expect(one("services/notifier/x.ts", 'insertRows(client, "allocation_lines", rows)')).toEqual([
      "services/notifier/x.ts inserts into allocation_lines, which is services/allocator's alone",
    ]);
    expect(one("shared/books/x.ts", "`INSERT INTO journals SELECT 1`")).toHaveLength(1);
    expect(one("services/ledger/x.ts", 'insertRows(client, "journals", rows)')).toEqual([]);
  });

  it("on who reads another's table, or a view that is for analysts", () => {
    expect(one("services/notifier/x.ts", "SELECT 1 FROM allocation_lines")).toEqual([
      "services/notifier/x.ts reads allocation_lines: ask shared/books, which reads for everybody",
    ]);
    expect(one("services/all-in-one/x.ts", "SELECT 1 FROM a JOIN budget_status USING (team_id)")).toEqual([
      "services/all-in-one/x.ts reads the view budget_status, which is for analysts: ask shared/books",
    ]);
    expect(one("shared/books/x.ts", "SELECT 1 FROM allocation_lines JOIN budget_status")).toEqual([]);
    expect(one("services/notifier/x.ts", "SELECT 1 FROM deliveries")).toEqual([]);
    expect(one("deploy/grafana/x.ts", "SELECT 1 FROM budget_status")).toEqual([]);
    expect(one("deploy/grafana/x.ts", "SELECT 1 FROM deliveries")).toHaveLength(1);
  });

  it("on circles of imports, and long chains", () => {
    const types = importsOf(
      { file: "a/b/x.ts", text: 'import { type X } from "./y.js";\nimport { z } from "zod";' },
      packages,
    );
    expect(types).toEqual({ values: [], types: ["a/b/y.ts"] });
    expect(
      importsOf({ file: "a/b/x.ts", text: 'import { sha256 } from "@apportion/domain/hash";' }, packages),
    ).toEqual({
      values: ["shared/domain/hash.ts"],
      types: [],
    });
    const graph = new Map([
      ["x", ["y"]],
      ["y", ["z"]],
      ["z", ["x"]],
    ]);
    expect(circlesIn(graph)).toEqual([["x", "y", "z", "x"]]);
    expect(
      longestChain(
        new Map([
          ["x", ["y"]],
          ["y", ["z"]],
        ]),
      ),
    ).toEqual(["x", "y", "z"]);
  });
});
