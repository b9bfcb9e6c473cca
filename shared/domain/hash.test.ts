import { describe, expect, it } from "vitest";
import { canonicalJson, sha256 } from "./hash.js";

describe("a hash", () => {
  it("is SHA-256 as hexadecimal digits, of text as of its bytes", () => {
    const ofAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(sha256("abc")).toBe(ofAbc);
    expect(sha256(new TextEncoder().encode("abc"))).toBe(ofAbc);
  });
});

describe("canonical JSON", () => {
  it("has keys in order at every depth, and leaves lists in theirs", () => {
    const value = { b: [{ z: 1, a: "x" }, 3, 2], a: { d: null, c: true, b: [] } };
    expect(canonicalJson(value)).toBe('{"a":{"b":[],"c":true,"d":null},"b":[{"a":"x","z":1},3,2]}');
    expect(canonicalJson({ c: 1, a: 1, b: 1 })).toBe('{"a":1,"b":1,"c":1}');
    expect(canonicalJson(null)).toBe("null");
    expect(canonicalJson("b,a")).toBe('"b,a"');
  });
});
