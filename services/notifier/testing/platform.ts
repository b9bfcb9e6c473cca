import type { CloseConfig } from "@apportion/books/ledger/gates";
import type { Reading } from "@apportion/domain/facts";
import type { Registry } from "@apportion/domain/tenancy";
import {
  caughtUp,
  costReading,
  cpu,
  openTestPlatform as openPipeline,
  type registryWith,
  type TestPlatform as Pipeline,
} from "@apportion/pipeline/platform";
import type { ProcessIdentity } from "@apportion/platform/platform";
import type { NamesShownTo } from "@apportion/platform/roles";
import { NOTIFIER_GROUP, NOTIFIER_TOPICS } from "@apportion/recovery/groups";
import type { Clock } from "@apportion/runtime/service";
import { notifierConfig } from "../config.js";
import type { Mailer, OutgoingMail } from "../delivery/mailer.js";
import { createNotifier, type Notifier } from "../service.js";

/** For tests: notifiers on the real log and engine, and on what intake, allocator and ledger leave in them. */
export interface TestPlatform extends Pipeline {
  /** Mails that the mail server took, from whichever notifier. */
  readonly sent: OutgoingMail[];
  /** Subjects of these mails, which are forgotten. */
  subjects(): string[];
  notifier(options: NotifierOptions): Notifier;
}

interface NotifierOptions {
  readonly now: string | Clock;
  readonly registry: Registry;
  /** Instead of one that takes every mail. */
  readonly mailer?: Mailer;
  readonly schedule?: string;
  /** Instead of the process of the test. */
  readonly process?: ProcessIdentity;
  /** Other options of the section `notifier`, as they are written. */
  readonly section?: object;
  readonly closeRules?: CloseConfig;
  /** By default nobody reads names of teams under HIPAA or PCI. */
  readonly namesShownTo?: NamesShownTo;
}

export async function openTestPlatform(): Promise<TestPlatform> {
  const pipeline = await openPipeline();
  const { platform, clickhouse } = pipeline;
  const recovery = await platform.recovery();
  const sent: OutgoingMail[] = [];
  return {
    ...pipeline,
    sent,
    subjects: () => sent.splice(0).map(({ subject }) => subject),
    notifier: ({
      now,
      registry,
      mailer = takingAll(sent),
      schedule = "off",
      process = platform.process,
      section = {},
      closeRules,
      namesShownTo = [],
    }) =>
      createNotifier(
        {
          ...platform,
          clickhouse,
          recovery,
          process,
          registry,
          namesShownTo,
          billBasis: "net amortised cost",
          closeRules,
          clock: typeof now === "string" ? () => new Date(now) : now,
          mailer,
        },
        notifierConfig.parse({
          smtp: { host: "unused.example.com" },
          from: "finops@example.com",
          finance: ["finance@example.com"],
          reports: { schedule },
          ...section,
        }),
      ),
  };
}

function takingAll(sent: OutgoingMail[]): Mailer {
  return {
    async send(mail) {
      await new Promise((resolve) => setTimeout(resolve, 20)); // another sender gets its turn
      sent.push(mail);
      return { accepted: mail.envelopeTo, refused: [], deferred: [] };
    },
    verify: async () => undefined,
    close: () => undefined,
  };
}

/** Runs it until it has handled all that the log holds. */
export async function runUntilCaughtUp({ log }: TestPlatform, notifier: Notifier): Promise<void> {
  await notifier.start();
  for (const topic of NOTIFIER_TOPICS) await caughtUp(log, NOTIFIER_GROUP, topic);
  await notifier.stop();
}

type Sections = Parameters<typeof registryWith>[0];
type TeamSection = NonNullable<Sections["teams"]>[number];

/** A team as it is configured. */
export function teamSection(id: string, others: Partial<TeamSection> = {}): TeamSection {
  return { id, costCenter: `cc-${id}`, contacts: [`${id}-lead@example.com`], ...others };
}

/** What the workloads of teams cost on a day on a cluster, each in its team's namespace. */
export function worked(
  day: string,
  costs: Readonly<Record<string, string>>,
  cluster = "one",
): Reading<"cost"> {
  const rows = Object.entries(costs).map(([team, amount]) =>
    cpu(amount, { cluster, namespace: `team-${team}`, controller: "api" }),
  );
  return { ...costReading(day, rows, cluster), finality: "final" };
}
