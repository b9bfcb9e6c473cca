import { describe, expect, it } from "vitest";
import { areTwoPeople } from "./two-people.js";

describe("who prepares and who approves", () => {
  it("are two people", () => {
    expect(areTwoPeople("alice", "bob")).toBe(true);
    expect(areTwoPeople("ann lee", "annlee")).toBe(true);
  });

  it.each([
    ["alice", "alice"],
    ["alice", "Alice "],
    [" ann  lee", "Ann\tLee"],
    ["ａｌｉｃｅ", "alice"],
    ["al\u200dice", "alice"],
    ["alice\ufe0f", "alice\u200c"],
  ])("are one, however the name is spelt: %j and %j", (preparer, approver) => {
    expect(areTwoPeople(preparer, approver)).toBe(false);
  });

  it("are not two where one is nobody", () => {
    expect([areTwoPeople("", "bob"), areTwoPeople("alice", "  "), areTwoPeople("", "")]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("are not two where a command was pasted as it is shown", () => {
    expect([areTwoPeople("NAME", "ANOTHER"), areTwoPeople("alice", "ANOTHER ")]).toEqual([false, false]);
    expect(areTwoPeople("Name", "Another")).toBe(true);
  });
});
