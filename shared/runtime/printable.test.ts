import { expect, it } from "vitest";
import { requirePrintable } from "./printable.js";

it("names what was said, and each character of it that cannot be kept", () => {
  const said = { "--by": "Zoë 👩‍🔬", "--reason": "paid\u202e twice\u0007\u0007" };
  expect(() => requirePrintable(said)).toThrow(
    "--reason may hold no line break, no other control character and none that turns the direction of writing: take out U+202E, U+0007",
  );
  expect(() => requirePrintable({ "--by": "a\nb" })).toThrow("take out U+000A");
});

it("takes every letter and emoji, and what was not said", () => {
  expect(() => requirePrintable({ "--by": "Zoë 👩‍🔬 می‌خواهم", "--reason": undefined })).not.toThrow();
});
