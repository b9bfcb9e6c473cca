import { BILL_SOURCE } from "@apportion/aws/bill-lines";
import type { AwsConfig } from "@apportion/aws/config";
import type { CostExplorer } from "@apportion/aws/cost-explorer";
import { otherRecords, otherServicesByTag, usageByService } from "@apportion/aws/questions";
import { readBillDays } from "@apportion/aws/read-days";
import type { Finality } from "@apportion/domain/facts";
import type { Day } from "@apportion/domain/period";
import type { Platform } from "@apportion/platform/platform";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { createReadingPublisher } from "@apportion/readings/publisher";
import type { Source } from "@apportion/readings/source";
import type { BillConfig } from "./config.js";
import { toBillFacts, toOwnCosts, type BillAccount, type WholeBill } from "./parse.js";

const NAME = "collector-bill";

/** Reads the whole bill, against which costs are reconciled, and the dollars of it that no other collector owns. */
export async function createBillCollector(
  config: BillConfig,
  platform: Pick<
    Platform,
    "log" | "clock" | "currency" | "logger" | "health" | "aws" | "costExplorer" | "dollarOwners"
  >,
): Promise<Collector> {
  const aws = platform.aws();
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const costExplorer = platform.costExplorer();
  const accountOf = (account: string): BillAccount => ({
    account,
    teamTag: aws.teamTag,
    partOwners: platform.dollarOwners.partOwners(account),
  });
  const sources = [
    wholeBillSource(aws, costExplorer, accountOf),
    ownCostsSource(aws, costExplorer, accountOf),
  ];
  const lookback = { ...config, readsBill: true };
  return createCollector({ ...platform, name: NAME, sources, publisher }, lookback);
}

function wholeBillSource(
  aws: AwsConfig,
  costExplorer: CostExplorer,
  accountOf: (account: string) => BillAccount,
): Source {
  return {
    name: BILL_SOURCE,
    dataset: "bill",
    scopes: aws.accounts,
    about: async () => `${costExplorer.pages()} pages of Cost Explorer`,
    mayReadAgain: () => costExplorer.hasPagesToSpare(),
    read: (account, days, signal) =>
      readBillDays(
        { dataset: "bill", source: BILL_SOURCE, scope: account },
        days,
        () => askWholeBill(aws, costExplorer, account, days, signal),
        (bill, day) => ({
          rows: toBillFacts(bill(day), accountOf(account)),
          finality: finalityOf(bill(day)),
        }),
      ),
  };
}

function ownCostsSource(
  aws: AwsConfig,
  costExplorer: CostExplorer,
  accountOf: (account: string) => BillAccount,
): Source {
  return {
    name: BILL_SOURCE,
    dataset: "cost",
    scopes: aws.accounts,
    mayReadAgain: () => costExplorer.hasPagesToSpare(),
    read: (account, days, signal) =>
      readBillDays(
        { dataset: "cost", source: BILL_SOURCE, scope: account },
        days,
        () => askWholeBill(aws, costExplorer, account, days, signal),
        (bill, day) => ({
          rows: toOwnCosts(bill(day), accountOf(account)),
          finality: finalityOf(bill(day)),
        }),
      ),
  };
}

async function askWholeBill(
  aws: AwsConfig,
  costExplorer: CostExplorer,
  account: string,
  days: readonly Day[],
  signal: AbortSignal,
): Promise<(day: Day) => WholeBill> {
  const usage = await costExplorer.ask(usageByService(account), days, signal);
  const others = await costExplorer.ask(otherRecords(account), days, signal);
  const tagged = await costExplorer.ask(otherServicesByTag(account, aws.teamTag), days, signal);
  return (day) => ({ usage: usage(day), others: others(day), tagged: tagged(day) });
}

function finalityOf({ usage, others, tagged }: WholeBill): Finality {
  return [usage, others, tagged].every(({ finality }) => finality === "final") ? "final" : "provisional";
}
