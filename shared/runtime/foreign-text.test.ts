import { expect, it } from "vitest";
import { foreignMessage, foreignText } from "./foreign-text.js";
import { Secret, withoutSecrets } from "./secret.js";

const TOKEN = "t0k/en+with \"quotes\" & 'more'=";
const secret = new Secret(TOKEN);

it("shows no secret that this process has, in whatever form it travelled", () => {
  const value = secret.reveal();
  const basic = Buffer.from(`reader:${value}`).toString("base64");
  const inHtml = value.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  for (const form of [
    value,
    encodeURIComponent(value),
    encodeURIComponent(value).toLowerCase(),
    new URLSearchParams({ token: value }).toString(),
    JSON.stringify({ authorization: `Bearer ${value}` }),
    inHtml.replaceAll("'", "&#39;"),
    `Basic ${basic}`,
    `Basic ${basic.replaceAll("/", "\\/")}`,
    `Basic ${encodeURIComponent(basic)}`,
    Buffer.from(`\0reader\0${value}`).toString("base64url"),
  ]) {
    const shown = foreignText(`you asked with ${form}`);
    expect(shown).toContain("[secret]");
    for (const part of [value, encodeURIComponent(value), basic, "t0k", "quotes"])
      expect(shown).not.toContain(part);
  }
});

it("shows none whose end was cut off with the text", () => {
  const value = secret.reveal();
  expect(foreignText(`Bearer ${value.slice(0, 12)}`)).toBe("Bearer [secret]");
  const basic = Buffer.from(`reader:${value}`).toString("base64").slice(0, 24);
  expect(foreignText(`Basic ${basic}`)).toBe("Basic [secret]");
  // What is cut here is cut after secrets were found.
  expect(foreignText(`${"x ".repeat(95)}${value}`)).toContain("[secret]");
});

it("leaves text alone that holds none", () => {
  const text = "GET /model/allocation answered 500: upstream connect error, reset reason: overflow";
  expect(withoutSecrets(text)).toBe(text);
  void new Secret("abc"); // too short to be one
  expect(withoutSecrets("abc")).toBe("abc");
});

it("is one line of at most 200 characters, in which nothing is done to a terminal", () => {
  const shown = foreignMessage(new Error("a\r\nb\u001b]0;title\u0007 \u202egnp.exe\u2066 \u009b2J\u200b"));
  expect(shown).toBe("a b\\u001b]0;title\\u0007 \\u202egnp.exe\\u2066 \\u009b2J\\u200b");
  expect(foreignText("x".repeat(1_000))).toHaveLength(200);
  expect(() => encodeURIComponent(foreignText("x".repeat(198) + "😀".repeat(9)))).not.toThrow();
});

it("shows no secret of which another is a part, nor one that is glued to what stands before it in base64", () => {
  void new Secret("apportion");
  void new Secret("apportion-admin-4711");
  expect(foreignText("as apportion-admin-4711")).toBe("as [secret]");
  const basic = Buffer.from("reader:apportion-admin-4711").toString("base64");
  for (const text of [`authorization=Basic+${basic}`, `Basic%20${basic}`, `a\\n${basic}`])
    expect(foreignText(text)).toMatch(/^\S*\[secret\]\S*$/);
  expect(foreignText(`authorization=Basic+${basic}`)).not.toContain(basic.slice(0, 12));
});

it("takes figures for figures, and certificates for no secret", () => {
  void new Secret("4711");
  expect(foreignText('{"rows":14711}')).toBe('{"rows":14711}');
  const authority = `-----BEGIN CERTIFICATE-----\n${"MIIB".repeat(50_000)}\n-----END CERTIFICATE-----\n`;
  void new Secret(authority);
  expect(foreignText(`issued by ${"MIIB".repeat(3)}`)).toBe("issued by MIIBMIIBMIIB");
});
