import pc from "picocolors";
import { expect, it } from "vitest";
import { terminalText } from "./context.js";

it("keeps lines and colours of ours, and shows what would do something to the terminal", () => {
  const ours = `${pc.createColors(true).green("ok")}\n\tname\n`;
  expect(terminalText(ours)).toBe(ours);
  expect(terminalText("team\u001b[2K\u001b[8m\rA\u202eB\u0000")).toBe(
    "team\\u001b[2K\\u001b[8m\\u000dA\\u202eB\\u0000",
  );
});
