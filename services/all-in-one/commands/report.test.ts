import { mkdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

it("refuses formats that there are not, and names those that there are", async () => {
  const { code, err } = await line.run("report", "--month", "2026-10", "--format", "html,docx,odt");
  expect([code, err]).toEqual([
    2,
    '--format: there is no format "docx", "odt"; there are html, text, csv, pdf, xlsx\n',
  ]);
});
