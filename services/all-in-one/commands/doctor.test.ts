import { expect, it } from "vitest";
import { findingLine } from "./doctor.js";
import { plain } from "./testing/command-line.js";

it("tells at the start of a line what answers and what does not, and why", () => {
  const lines = [
    { what: "event log (kafka)", ok: true, detail: "answers" },
    { what: "mail server", ok: false, detail: "connect ECONNREFUSED 127.0.0.1:25" },
  ].map(findingLine);
  expect(plain(lines)).toEqual([
    "ok   event log (kafka)  answers",
    "FAIL mail server  connect ECONNREFUSED 127.0.0.1:25",
  ]);
});
