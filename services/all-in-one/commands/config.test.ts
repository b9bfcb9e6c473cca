import { afterEach, beforeEach, expect, it } from "vitest";
import { commandLine, CONFIG, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

const KUBECOST = `kubecost: { clusters: [{ id: eu-1, url: "http://kubecost:9090" }] }`;

it("says what a right configuration amounts to, and what will not happen under it", async () => {
  const { code, out, err } = await line.run("config", "check");
  expect([code, err]).toEqual([0, ""]);
  expect(out.split("\n")).toEqual([
    `${line.configFile} is right: 2 teams, 0 shared services.`,
    "Read every day: nothing; there is no collector section",
    expect.stringMatching(/^No bill is read, so no month can ever be closed: .* say `bill: none`/),
    "There is no notifier section: nobody gets alerts or reports.",
    "",
  ]);
});

it("names what is read every day, and that costs are list prices where no bill is declared", async () => {
  line.write(`${CONFIG.replace("clusters: []", "clusters: [{ id: eu-1 }]")}${KUBECOST}\nbill: none\n`);
  const { out } = await line.run("config", "check");
  expect(out).toContain("Read every day: cost/kubecost/eu-1\n");
  expect(out).toContain("There is no bill, as declared: costs are list prices, and statements say so.");
  expect(out).not.toContain("can ever be closed");
});

it("has the same for programs, warnings among them", async () => {
  line.write(CONFIG.replace("costCenter: cc-1 }", "costCenter: cc-1, owns: [{ namespace: web }] }"));
  const { out } = await line.run("config", "check", "--json");
  expect(JSON.parse(out)).toEqual({
    file: line.configFile,
    teams: 2,
    readings: [],
    warnings: [expect.stringMatching(/^teams\.0\.owns: it replaces what "ads" owns by default/)],
    noClose: expect.stringContaining("no month can ever be closed"),
  });
});

it("lists every mistake with its line, and exits with 2", async () => {
  line.write(`${CONFIG}notifer: {}\nlogLevel: loud\n`);
  const { code, out, err } = await line.run("config", "check");
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain("The configuration has 2 mistakes:");
  expect(err).toContain(`${line.configFile}:7  notifer: there is no such option`);
  expect(err).toContain(`${line.configFile}:8  logLevel: `);
});

it("has a JSON Schema for editors, with each section's meaning", async () => {
  const { code, out } = await line.runBare("config", "schema");
  const { title, properties } = JSON.parse(out) as {
    title: string;
    properties: Record<string, { description?: string }>;
  };
  expect([code, title]).toEqual([0, "apportion.yaml"]);
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(["teams", "kubecost", "bill", "notifier"]));
  expect(properties["notifier"]?.description).toBe("Budget alerts and monthly reports by e-mail");
});
