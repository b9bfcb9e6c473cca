import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { readContent } from "@apportion/books/notifications/read-notifications";
import { addDays, type Day, daysBetween, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { collected, cpuHours, ramHours, workload } from "@apportion/pipeline/advised-platform";
import { costReading, publishAll, registryWith } from "@apportion/pipeline/platform";
import type { NamesShownTo } from "@apportion/platform/roles";
import { ownEdition } from "@apportion/reports/monthly/compose";
import { financeFiles, teamFiles } from "@apportion/reports/pack/files";
import { Secret } from "@apportion/runtime/secret";
import type { Mailer, OutgoingMail } from "./delivery/mailer.js";
import { reportMails } from "./reports/due-mails.js";
import type { Notifier } from "./service.js";
import { openTestPlatform, teamSection, type TestPlatform } from "./testing/platform.js";
import { openWebhookServer, type WebhookServer } from "./testing/webhook-server.js";

/** Names of workloads of a team under HIPAA and of one under PCI: in their own reports alone, where these name them, and nowhere else. */

const NOVEMBER = parseBillingPeriod("2026-11");
const NOW = "2026-11-24T06:00:00Z";
const BOTH = "both-lead@example.com";
const registry = (() => {
  const made = registryWith({
    teams: [
      teamSection("clinic", { complianceLevel: "hipaa" }),
      teamSection("vault", { complianceLevel: "pci", contacts: [] }),
      teamSection("web"),
      teamSection("ward", { complianceLevel: "hipaa", contacts: [BOTH] }),
      teamSection("mobile", { contacts: [BOTH] }),
    ],
  });
  const owned = (id: string, namespace: string, dates: { from?: Day; to?: Day }) => ({
    owner: { kind: "team" as const, id },
    match: { namespace },
    ...dates,
  });
  const moved = parseDay("2026-11-18");
  const rules = [
    ...made.rules,
    // From a team under HIPAA to one under PCI, and from it to one that is under neither.
    owned("clinic", "batch", { to: moved }),
    owned("vault", "batch", { from: moved }),
    owned("clinic", "archive", { to: moved }),
    owned("web", "archive", { from: moved }),
  ];
  return { ...made, rules };
})();

/** What is a team's alone; and what may be another's too, which nobody reads. */
const OF = { clinic: /tumor|scan/, vault: /visa/, ward: /nurse/, web: /shop/ } as const;
const OF_SEVERAL = /sweep|ledger/;
/** Of containers and quotas nobody reads names. */
const OF_NOBODY = /dicom|lab-quota/;
const PROTECTED = /tumor|visa|nurse|sweep|ledger|scan|dicom|lab-quota/;

/** Twice as much is requested as before, and half of it is used. */
function dayOf(day: Day): CostFactRow[] {
  const isNow = day >= "2026-11-01";
  const runs = (namespace: string, controller: string, cost: number, team_label = "") =>
    workload({
      namespace,
      controller,
      team_label,
      cpu_cost: String(isNow ? 2 * cost : cost),
      ram_cost: String(cost),
      ...cpuHours(isNow ? "240" : "120", "24"),
      ...ramHours("100", "10"),
    });
  return [
    runs("team-clinic", "tumor-model", 40),
    runs("team-vault", "visa-tokens", 30),
    runs("team-ward", "nurse-calls", 20),
    runs("team-web", "shop", 25),
    runs("team-mobile", "app", 15),
    // By their labels alone, in a namespace of nobody.
    runs("sandbox", "tumor-trial", 14, "clinic"),
    runs("sandbox", "visa-trial", 12, "vault"),
    runs("team-vault", "ledger-of-both", 50, "clinic"),
    runs("batch", "sweep", 60),
    runs("archive", "scan", 70),
    ...(isNow ? [runs("team-clinic", "tumor-fresh", 16), runs("team-vault", "visa-fresh", 16)] : []),
  ];
}

function utilisation(day: Day): Reading<"workload-utilisation"> {
  const key = { ...costReading(day, []).key, dataset: "workload-utilisation" as const, source: "prometheus" };
  return {
    key,
    rows: [
      {
        namespace: "team-clinic",
        controller_kind: "deployment",
        controller: "tumor-model",
        container: "dicom-reader",
        pods: "2",
        cpu_p95_cores: "0.9",
        cpu_p99_cores: "1",
        cpu_request_cores: "5",
        memory_max_gib: "0.5",
        memory_request_gib: "2",
      },
      ...["team-clinic", "team-ward", "sandbox"].map((namespace) => ({
        namespace,
        controller_kind: "resourcequota",
        controller: "lab-quota",
        container: "",
        pods: "0",
        quota_cpu_cores: "80",
        quota_cpu_used_cores: "12",
      })),
    ],
    finality: "final",
  };
}

let test: TestPlatform;
let channel: WebhookServer;
beforeAll(async () => {
  [test, channel] = [await openTestPlatform(), await openWebhookServer()];
  const [before, now] = ["2026-10-10", "2026-11-10"].map((day) =>
    daysBetween(parseDay(day), addDays(parseDay(day), 14)),
  ) as [Day[], Day[]];
  await publishAll(
    test.log,
    [...before, ...now].flatMap((day) => collected(day, dayOf(day))),
    NOW,
  );
  await publishAll(test.log, now.slice(-8).map(utilisation), NOW);
  await test.settle({ now: NOW, registry });
});
afterAll(async () => {
  await test.close();
  await channel.close();
});

interface Telling {
  readonly mailer?: Mailer;
  readonly section?: object;
}

const notifierOf = (namesShownTo: NamesShownTo, { mailer, section }: Telling = {}): Notifier =>
  test.notifier({
    now: NOW,
    registry,
    namesShownTo,
    ...(mailer && { mailer }),
    ...(section && { section }),
  });

/** Everything that a team's own report says in all of its forms but PDF, and everything that others are told of the month. */
async function told(namesShownTo: NamesShownTo) {
  const reports = await notifierOf(namesShownTo).composeReports(NOVEMBER);
  if (!reports) throw new Error("November has costs");
  const formats = ["html", "text", "csv", "xlsx"] as const;
  const textOf = (files: readonly { readonly content: string | Buffer }[]): string =>
    files.map(({ content }) => content.toString("latin1")).join("\n");
  const own = new Map<string, string>();
  for (const report of reports.teams)
    own.set(report.team.id, textOf(await teamFiles(ownEdition(report), formats)));
  const ofOthers = await Promise.all(reports.teams.map((report) => teamFiles(report, formats)));
  return {
    reports,
    own,
    others: textOf([...ofOthers.flat(), ...(await financeFiles(reports, [], formats))]),
  };
}

const found = (text: string | undefined, names: RegExp): readonly string[] =>
  [...new Set(text?.match(new RegExp(`[a-z-]*(${names.source})[a-z-]*`, "g")))].toSorted();

describe("names of workloads of teams under HIPAA and PCI", () => {
  it.each([[[]], [["finance"]]] as const)("are in no report where they are shown to %j", async (shownTo) => {
    const { own, others } = await told([...shownTo]);
    expect(found([...own.values(), others].join("\n"), PROTECTED)).toEqual([]);
    expect(own.get("clinic")).toContain("hidden (hipaa)");
    expect(others).toContain("shop");
  });

  it("are in the team's own report where they are shown to it: what costs most, what changed, and what would save", async () => {
    const { reports, own, others } = await told(["team"]);
    expect(found(own.get("clinic"), OF.clinic)).toEqual([
      "scan",
      "tumor-fresh",
      "tumor-model",
      "tumor-trial",
    ]);
    expect(found(own.get("vault"), OF.vault)).toEqual(["visa-fresh", "visa-tokens", "visa-trial"]);
    const [clinic] = reports.teams.filter(({ team }) => team.id === "clinic").map(ownEdition);
    if (!clinic) throw new Error("The team has a report");
    expect(clinic.top?.workloads.map(({ name }) => name)).toContain("one/team-clinic/tumor-model");
    const changed = clinic.changes?.movements.map(
      ({ subject }) => "controller" in subject && subject.controller,
    );
    expect(changed).toContain("tumor-model");
    // The command is the team's to complete: nobody reads names of containers.
    expect(clinic.advice?.first.map(({ change }) => change)).toContain(
      "kubectl --context one -n team-clinic set resources deployment/tumor-model -c 'hidden (hipaa)' --requests=cpu=1150m,memory=589Mi",
    );
    const names = Object.entries({ ...OF, several: OF_SEVERAL, nobody: OF_NOBODY });
    const ofOthers = [...own].map(([team, text]) => [
      team,
      names.flatMap(([of, known]) => (of === team ? [] : found(text, known))),
    ]);
    expect(ofOthers).toEqual([...own.keys()].map((team) => [team, []]));
    expect(found(others, PROTECTED)).toEqual([]);
  });

  it("add up as the hidden ones do, in the same lines", async () => {
    const { reports } = await told(["team"]);
    for (const report of reports.teams) {
      const own = ownEdition(report);
      const sum = (of: readonly { readonly cents: bigint }[] = []): bigint =>
        of.reduce((all, { cents }) => all + cents, 0n);
      expect(sum([...(own.top?.workloads ?? []), ...(own.top?.others ?? [])])).toBe(report.statement.cents);
      expect(own.advice?.first.map(({ id }) => id)).toEqual(report.advice?.first.map(({ id }) => id));
    }
    const movers = reports.finance.movers.filter(({ own }) => own);
    expect(movers.length).toBeGreaterThan(0);
    for (const { cents, daysCents, own } of movers)
      expect(
        (own?.reasons ?? []).reduce((all, each) => all + each.cents, daysCents + (own?.restCents ?? 0n)),
      ).toBe(cents);
  });
});

describe("mails that name them", () => {
  /** Takes mail for everybody but these. */
  function refusing(refused: readonly string[], sent: OutgoingMail[]): Mailer {
    return {
      async send(mail) {
        const [no, yes] = [true, false].map((is) =>
          mail.envelopeTo.filter((each) => refused.includes(each) === is),
        );
        if (yes && yes.length > 0) sent.push(mail);
        const rejections = (no ?? []).map((recipient) => ({ recipient, reply: "550 no such user" }));
        return { accepted: yes ?? [], refused: rejections, deferred: [] };
      },
      verify: async () => undefined,
      close: () => undefined,
    };
  }
  const wordsOf = ({ html, text, csv, files = [] }: OutgoingMail): string =>
    [html, text, csv?.content ?? "", ...files.map(({ filename }) => filename)].join("\n");

  it("go to finance for a team of which nobody is known, where finance may read them too", async () => {
    const { reports } = await told(["finance", "team"]);
    const finance = ["finance@example.com"];
    const mailsOf = (namesToFinance: boolean) =>
      reportMails(reports, finance, new Map(), namesToFinance).filter(({ to }) =>
        to.includes("finance@example.com"),
      );
    const said = (namesToFinance: boolean): string =>
      mailsOf(namesToFinance)
        .map(({ rendered: { html, text } }) => html + text)
        .join("\n");
    expect(found(said(false), PROTECTED)).toEqual([]);
    expect(found(said(true), PROTECTED)).toEqual(["visa-fresh", "visa-tokens", "visa-trial"]);
    const forOthers = mailsOf(true).map(({ rendered: { text, textForOthers = text } }) => textForOthers);
    expect(found(forOthers.join("\n"), PROTECTED)).toEqual([]);
  });

  it("reach the leads of the team alone: not finance, channels, or who hears that a lead was not reached", async () => {
    const secret = new Secret("a-signing-secret-of-tests");
    const hook = { name: "chat", kind: "webhook", url: new Secret(channel.url), secret, allowPrivate: true };
    const teams = registry.teams.map(({ id }) => id);
    const section = { channels: [{ ...hook, teams, finance: true, messages: ["report"] }] };
    const sent: OutgoingMail[] = [];
    const refused = ["clinic-lead@example.com"];
    const lead = { mailer: refusing(refused, sent), section };
    await notifierOf(["team"], lead).sendMonthlyReports(NOVEMBER);
    const key = "team-report/2026-11/clinic/provisional";
    const kept = await test.rows("SELECT delivery_key FROM notifications WHERE purpose = 'keep'");
    expect(kept.map(({ delivery_key }) => delivery_key)).toEqual([key]);

    // To the lead of a protected team and of another in one mail; to finance for the team under PCI, of which nobody is known.
    const of = (to: string): string =>
      sent
        .filter((mail) => mail.to.includes(to))
        .map(wordsOf)
        .join("\n");
    expect(found(of(BOTH), PROTECTED)).toEqual(["nurse-calls"]);
    expect(found(of("web-lead@example.com"), PROTECTED)).toEqual([]);
    expect(of("finance@example.com")).toContain("hidden (pci)");
    expect(of("finance@example.com")).toContain("Not delivered: clinic");
    expect(found(of("finance@example.com"), PROTECTED)).toEqual([]);

    // Who may not read the names any more is not sent them again.
    const others = { ...registry, teams: registry.teams.map((team) => ({ ...team, contacts: [] })) };
    const later = { now: NOW, namesShownTo: ["team"] as const, section };
    await expect(notifierOf([], lead).retry({ key, by: "ann" })).rejects.toThrow("may not read them by now");
    await expect(test.notifier({ ...later, registry: others }).retry({ key, by: "ann" })).rejects.toThrow(
      "clinic-lead@example.com may not read them by now",
    );
    expect(JSON.stringify(await readContent(test.clickhouse, key))).toContain("hidden (hipaa)");
    expect(found(JSON.stringify(await readContent(test.clickhouse, key)), PROTECTED)).toEqual([]);

    // Sent again it is the team's own, and where it is refused again nobody else has it.
    await notifierOf(["team"], lead).retry({ key, by: "ann" });
    expect(found(of("finance@example.com"), PROTECTED)).toEqual([]);
    refused.length = 0;
    await notifierOf(["team"], lead).retry({ key, by: "ann" });
    expect(found(of("clinic-lead@example.com"), PROTECTED)).toEqual([
      "scan",
      "tumor-fresh",
      "tumor-model",
      "tumor-trial",
    ]);

    expect(channel.received.length).toBeGreaterThan(4);
    expect(found(channel.received.map(({ body }) => body).join("\n"), PROTECTED)).toEqual([]);
  });
});
