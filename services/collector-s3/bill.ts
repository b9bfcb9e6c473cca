import {
  CostExplorerClient,
  GetCostAndUsageCommand,
  type GetCostAndUsageCommandOutput,
  type ResultByTime,
} from "@aws-sdk/client-cost-explorer";
import { addDays, type Day } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import { asReadingError, clientSettings } from "./aws.js";
import type { S3Config } from "./config.js";

export interface BillClient {
  /** S3's cost of each of the days by team tag and usage type. @throws ReadingError */
  s3Costs(days: readonly Day[], signal: AbortSignal): Promise<ResultByTime[]>;
}

/** Cost Explorer is one endpoint for all regions. */
const COST_EXPLORER_REGION = "us-east-1";
const S3_SERVICE = "Amazon Simple Storage Service";
const PAGES_MAX = 1_000;

/** https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html */
export function createBillClient(config: S3Config): BillClient {
  const client = new CostExplorerClient({
    ...clientSettings(config),
    region: COST_EXPLORER_REGION,
    ...(config.endpoint && { endpoint: config.endpoint }),
  });
  return {
    async s3Costs(days, signal) {
      const [first] = days;
      const last = days.at(-1);
      if (first === undefined || last === undefined) return [];
      const results: ResultByTime[] = [];
      let token: string | undefined;
      for (let page = 0; page === 0 || token !== undefined; page++) {
        if (page === PAGES_MAX)
          throw new ReadingError("malformed", "Cost Explorer's pages do not come to an end");
        const answer = await ask(client, config, { start: first, end: addDays(last, 1) }, token, signal);
        results.push(...(answer.ResultsByTime ?? []));
        token = answer.NextPageToken;
      }
      return results;
    },
  };
}

async function ask(
  client: CostExplorerClient,
  config: S3Config,
  period: { readonly start: Day; readonly end: Day },
  token: string | undefined,
  signal: AbortSignal,
): Promise<GetCostAndUsageCommandOutput> {
  const command = new GetCostAndUsageCommand({
    TimePeriod: { Start: period.start, End: period.end },
    Granularity: "DAILY",
    Metrics: [...new Set([config.chargeBy, "UnblendedCost"])],
    GroupBy: [
      { Type: "TAG", Key: config.teamTag },
      { Type: "DIMENSION", Key: "USAGE_TYPE" },
    ],
    Filter: {
      And: [
        { Dimensions: { Key: "LINKED_ACCOUNT", Values: [config.account] } },
        { Dimensions: { Key: "SERVICE", Values: [S3_SERVICE] } },
        // Credits, refunds and tax belong to the company, not to a bucket.
        { Dimensions: { Key: "RECORD_TYPE", Values: ["Usage"] } },
      ],
    },
    NextPageToken: token,
  });
  return asReadingError("Cost Explorer GetCostAndUsage", signal, () =>
    client.send(command, { abortSignal: signal }),
  );
}
