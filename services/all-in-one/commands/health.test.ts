import { describe, expect, it } from "vitest";
import { createHealth } from "@apportion/runtime/health";
import { silentLogger } from "@apportion/runtime/logger";
import { answerHealth, parseHealthPort } from "./health.js";

describe("the port of health", () => {
  it.each([
    ["0", 0],
    ["8080", 8080],
    ["65535", 65_535],
    ["off", "off"],
  ])("may be %s", (text, port) => {
    expect(parseHealthPort(text)).toBe(port);
  });

  it.each(["65536", "-1", "80a", "", "1e3", "OFF"])("may not be %j", (text) => {
    expect(() => parseHealthPort(text)).toThrow(`"${text}" is not a port from 0 to 65535, and not "off"`);
  });
});

it("is that of the command line before that of the configuration; `off` answers nobody", async () => {
  const answering = (configured: number | "off", asked?: number | "off") =>
    answerHealth({ host: "127.0.0.1", port: configured }, asked, createHealth(), silentLogger);
  expect(await answering("off")).toBeUndefined();
  expect(await answering(0, "off")).toBeUndefined();
  const server = await answering("off", 0);
  expect((await fetch(`${server?.url}/livez`)).status).toBe(200);
  await expect(answering(Number(new URL(server?.url ?? "").port))).rejects.toThrow(/port|taken|use/);
  await server?.close();
});
