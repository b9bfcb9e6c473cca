import { expect, it } from "vitest";
import { UsageError } from "./context.js";
import { statementOf } from "./sql.js";

it("asks for the format that was named, whatever ends the query", () => {
  expect(statementOf("SELECT 1 ;;\n ", { format: "CSV" })).toBe("SELECT 1\nFORMAT CSV");
  expect(statementOf("SELECT 1 -- one", { format: "CSV" })).toBe("SELECT 1 -- one\nFORMAT CSV");
  expect(statementOf("SELECT 1", { format: "PrettyCompact", json: true })).toBe("SELECT 1\nFORMAT JSON");
});

it.each(["", " ;\n", ";"])("takes %j for no query", (query) => {
  expect(() => statementOf(query, { format: "CSV" })).toThrow("There is no query; for one see");
});

it.each(["CSV SETTINGS readonly = 0", "CSV;", "1CSV", ""])("takes %j for no format", (format) => {
  expect(() => statementOf("SELECT 1", { format })).toThrow(UsageError);
  expect(() => statementOf("SELECT 1", { format })).toThrow(
    `--format: "${format}" is not the name of a ClickHouse format such as PrettyCompact, CSV or JSONEachRow`,
  );
});
