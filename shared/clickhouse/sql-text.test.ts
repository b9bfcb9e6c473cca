import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { splitStatements, tokens } from "./sql-text.js";

describe("splitStatements", () => {
  it.each([
    ["SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]],
    ["SELECT ';'; SELECT 'it''s;', 'a\\';b'", ["SELECT ';'", "SELECT 'it''s;', 'a\\';b'"]],
    ['SELECT 1 AS "a;b", 2 AS `c;d`; SELECT 3', ['SELECT 1 AS "a;b", 2 AS `c;d`', "SELECT 3"]],
    ["-- first; not yet\nSELECT 1; -- last; comment", ["-- first; not yet\nSELECT 1"]],
    ["SELECT 1 /* ; */; /* only a comment; */ ;", ["SELECT 1 /* ; */"]],
    ["# shell; comment\nSELECT 1", ["# shell; comment\nSELECT 1"]],
    ["SELECT $$a;b$$, $x$ ;$$; $x$; SELECT 2", ["SELECT $$a;b$$, $x$ ;$$; $x$", "SELECT 2"]],
    ["", []],
    [" ;; \n", []],
  ])("cuts %j", (sql, expected) => {
    expect(splitStatements(sql)).toEqual(expected);
  });
});

describe("tokens", () => {
  it("cover every text without gap or overlap", () => {
    const pieces = constantFrom(
      "'",
      '"',
      "`",
      "\\",
      "--",
      "/*",
      "*/",
      "$$",
      "$a$",
      "#",
      ";",
      "\n",
      " ",
      "word",
      "(",
      "1",
    );
    assert(
      property(array(pieces), (parts) => {
        const sql = parts.join("");
        const cut = [...tokens(sql)].map((token) => sql.slice(token.start, token.end));
        expect(cut.join("")).toBe(sql);
        expect(cut.every((piece) => piece.length > 0)).toBe(true);
      }),
    );
  });
});
