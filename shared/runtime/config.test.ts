import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigError, parseConfig } from "./config.js";
import { secretSchema } from "./secret-schema.js";
import { Secret } from "./secret.js";

const schema = z.strictObject({
  name: z.string(),
  port: z.int().max(100).default(80),
  token: secretSchema.optional(),
});
const parse = (text: string, env: Record<string, string> = {}, file = "a.yaml"): z.output<typeof schema> =>
  parseConfig({ file, text, env }, schema);
const problems = (text: string, env: Record<string, string> = {}): readonly string[] => {
  try {
    parse(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((each) => `${each.line ?? "-"} ${each.path}`);
    throw error;
  }
  return [];
};

describe("a configuration file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "apportion-config-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is read with its defaults", () => {
    expect(parse("name: x")).toEqual({ name: "x", port: 80 });
  });

  it("is refused with every mistake and its line", () => {
    expect(problems("name: 5\nport: 1000\nprot: 1\n")).toEqual(["1 name", "2 port", "3 prot"]);
    expect(problems("port: 5")).toEqual(["- name"]);
    expect(problems("name: [")).toHaveLength(1);
    expect(problems("name: x\nname: y")).toHaveLength(1);
  });

  it("is refused with its line where it has no end, or no bottom", () => {
    const said = (text: string): string => {
      try {
        parse(text);
      } catch (error) {
        if (error instanceof ConfigError) return error.message;
        throw error;
      }
      return "";
    };
    expect(said("port: 1\nname: &a [*a]\n")).toContain("a.yaml:2  name[0]: contains itself");
    expect(said("name: &a { b: { c: *a } }\n")).toContain("a.yaml:1  name.b.c: contains itself");
    expect(said(`name: ${"[".repeat(20_000)}${"]".repeat(20_000)}`)).toContain("nested too deeply");
    const laughs = Array.from({ length: 9 }, (_, index) =>
      index === 0
        ? `a0: &a0 [${"x, ".repeat(10)}]`
        : `a${index}: &a${index} [${`*a${index - 1}, `.repeat(10)}]`,
    );
    expect(said(laughs.join("\n"))).toContain("alias count");
    expect(parseConfig({ file: "a.yaml", text: "a: &x [1]\nb: *x\n", env: {} }, z.unknown())).toEqual({
      a: [1],
      b: [1],
    });
  });

  it("is told apart from a file that is something else, whose every line would be a mistake", () => {
    const prose = "# Title\n\nIn short: it is\nread: by people\n";
    const said = (text: string): string[] => {
      try {
        parse(text);
      } catch (error) {
        return (error as ConfigError).problems.map(({ message }) => message);
      }
      return [];
    };
    const [first, ...rest] = said(prose.repeat(10));
    expect(first).toBe("this does not look like an Apportion configuration");
    expect(rest).toHaveLength(3);
    const mistyped = said("name: x\nport: [1\ntoken: ]\nname: y\nname: z\n");
    expect(mistyped.length).toBeGreaterThan(3);
    expect(mistyped).not.toContain(first);
  });

  it("is checked in all that is right of it, whatever is wrong elsewhere", () => {
    const listed = z.strictObject({
      items: z.array(z.strictObject({ id: z.string(), of: z.string().optional() })),
      kinds: z.array(z.string()),
      token: secretSchema.optional(),
    });
    const found = (text: string): string[] => {
      try {
        parseConfig({ file: "a.yaml", text, env: {} }, listed, [
          {
            needs: ["kinds"],
            check: ({ items, kinds }) =>
              items.flatMap(({ of }, index) =>
                of === undefined || kinds.includes(of)
                  ? []
                  : [{ path: ["items", index, "of"], message: `no kind ${of}` }],
              ),
          },
        ]);
      } catch (error) {
        if (error instanceof ConfigError)
          return error.problems.map((each) => `${each.line ?? "-"} ${each.path}`);
        throw error;
      }
      return [];
    };
    const items = "items:\n  - { id: a, of: x }\n  - { id: 5 }\n  - { id: b, of: y, colour: red }\n";
    expect(found(`${items}kinds: [x]\ntoken: { env: MISSING }\n`)).toEqual([
      "6 token",
      "3 items[1].id",
      "4 items[2].colour",
      "4 items[2].of",
    ]);
    // A kind that is misspelt would make all that name it look wrong.
    expect(found(`${items}kinds: [5]\n`)).toEqual(["3 items[1].id", "4 items[2].colour", "5 kinds[0]"]);
  });

  it("is checked for names that are nowhere, also where others are misspelt", () => {
    const listed = z.strictObject({
      kinds: z.array(z.strictObject({ id: z.string(), size: z.int().optional() })),
      of: z.array(z.string()),
    });
    const found = (text: string): string[] => {
      try {
        parseConfig({ file: "a.yaml", text, env: {} }, listed, [
          {
            namesOf: ["kinds"],
            check: ({ kinds, of }) =>
              of.flatMap((name, index) =>
                kinds.some(({ id }) => id === name) ? [] : [{ path: ["of", index], message: "nowhere" }],
              ),
          },
        ]);
      } catch (error) {
        return (error as ConfigError).problems.map(({ path: at, message }) => `${at} ${message}`);
      }
      return [];
    };
    const kinds = "kinds: [{ id: x }, { id: y, size: big }, { idd: z }]\n";
    expect(found(`${kinds}of: [x, y, z, ghost]\n`)).toEqual([
      "kinds[1].size has to be a number, not a text",
      "kinds[2].id is missing: a text",
      "kinds[2].idd there is no such option; see `apportion config schema`",
      "of[3] nowhere", // y and z are written, if wrongly
    ]);
  });

  it("is refused with its name when an alias names nothing", () => {
    expect(() => parse("name: *nobody")).toThrow(ConfigError);
  });

  it("gets secrets from the environment or from files, and never from itself", () => {
    const file = path.join(folder, "a.yaml");
    writeFileSync(path.join(folder, "token"), "from file\n");
    expect(parse("name: x\ntoken: { env: TOKEN }", { TOKEN: "from env" }).token?.reveal()).toBe("from env");
    expect(parse("name: x\ntoken: { file: token }", {}, file).token?.reveal()).toBe("from file");
    expect(problems("name: x\ntoken: hunter2")).toEqual(["2 token"]);
    expect(problems("name: x\ntoken: { env: MISSING }")).toHaveLength(1);
  });

  it("needs only the secrets of the sections that are used", () => {
    const two = z.strictObject({
      mail: z.strictObject({ password: secretSchema }),
      log: z.strictObject({ password: secretSchema }),
    });
    const text = "mail: { password: { env: MAIL } }\nlog: { password: { env: LOG } }\n";
    const both = { file: "a.yaml", text, env: { LOG: "hunter2", MAIL: "hunter3" } };
    const config = parseConfig({ ...both, secretsOf: ["log"] }, two);
    expect(config.log.password.reveal()).toBe("hunter2");
    expect(() => config.mail.password.reveal()).toThrow(
      "the secrets of the section mail are not for this process",
    );
    expect(() => parseConfig({ ...both, env: { MAIL: "hunter3" }, secretsOf: ["log"] }, two)).toThrow(
      "environment variable LOG is missing or empty",
    );
    expect(() => parseConfig({ ...both, env: {} }, two)).toThrow(/MAIL is missing.*LOG is missing/s);
  });

  it("says of a secret that is not there that it is missing", () => {
    const signIn = z.strictObject({ server: z.strictObject({ password: secretSchema }) });
    const read = (text: string) => (): unknown => parseConfig({ file: "a.yaml", text, env: {} }, signIn);
    expect(read("server: {}")).toThrow("server.password: is missing: a secret, given as { env: NAME }");
    expect(read("server: { password: 5 }")).toThrow("never written into the file");
  });

  it("does not repeat a secret that was written into it", () => {
    expect(() => parse("name: x\ntoken: hunter2")).toThrow(/^(?!.*hunter2)/s);
  });
});

describe("a secret", () => {
  it("is nowhere to be seen but where it is asked for", () => {
    const secret = new Secret("hunter2");
    expect(
      [String(secret), JSON.stringify({ secret }), inspect(secret), inspect({ secret })].join(),
    ).not.toContain("hunter2");
    expect(secret.reveal()).toBe("hunter2");
  });
});
