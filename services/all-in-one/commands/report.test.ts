import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { writeReports } from "./report.js";
import { commandLine, CONFIG, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => {
  line = commandLine();
  mkdirSync(line.data);
});
afterEach(() => line.remove());

describe("refuses", () => {
  const month = ["--month", "2026-10"];
  const notifier = `notifier: { from: a@example.com, finance: [f@example.com], smtp: { host: mail, port: 25 } }\n`;

  it("to mail one team's report: mails go to all", async () => {
    const { code, err } = await line.run("report", ...month, "--team", "ads", "--send");
    expect([code, err]).toEqual([
      2,
      "--send mails the month's reports to all teams and to finance: leave --team out\n",
    ]);
  });

  it("where nothing says how reports are made", async () => {
    const { code, err } = await line.run("report", ...month);
    expect([code, err]).toEqual([2, expect.stringContaining("the configuration has no section `notifier`")]);
  });

  it("a team that there is not, and names those that there are", async () => {
    line.write(CONFIG + notifier);
    const { code, err } = await line.run("report", ...month, "--team", "adz");
    expect([code, err]).toEqual([2, '--team: there is no team "adz"; there are ads, fraud\n']);
  });
});

const mail = (name: string) => ({ subject: name, html: `<p>${name}</p>`, text: name });
const reports = {
  period: parseBillingPeriod("2026-10"),
  edition: "final",
  teams: [
    { teamId: "ads", ...mail("ads"), csv: { filename: "ads-2026-10.csv", content: "a,b" } },
    { teamId: "fraud", ...mail("fraud") },
  ],
  finance: mail("finance"),
} as const;

it("writes each team's report and finance's, for their owner alone", () => {
  const out = join(line.folder, "reports");
  const files = writeReports(reports, out, reports.period, undefined);
  const names = [
    "ads.html",
    "ads.txt",
    "ads-2026-10.csv",
    "fraud.html",
    "fraud.txt",
    "finance-summary.html",
    "finance-summary.txt",
  ];
  expect(files).toEqual(names.map((name) => join(out, "2026-10", name)));
  expect(readFileSync(join(out, "2026-10", "ads-2026-10.csv"), "utf8")).toBe("a,b");
  for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("writes nothing of others for one team: it may be handed on", () => {
  const out = join(line.folder, "reports");
  writeReports(reports, out, reports.period, "fraud");
  expect(readdirSync(join(out, "2026-10"))).toEqual(["fraud.html", "fraud.txt"]);
});
