import {
  CostExplorerClient,
  GetCostAndUsageCommand,
  type GetCostAndUsageCommandInput,
  type GetCostAndUsageCommandOutput,
} from "@aws-sdk/client-cost-explorer";
import { asReadingError, clientSettings } from "./client.js";
import type { AwsConfig } from "./config.js";

/** Cost Explorer is one endpoint for all regions. */
const COST_EXPLORER_REGION = "us-east-1";

/** One page of an answer. @throws ReadingError */
export type AskPage = (
  input: GetCostAndUsageCommandInput,
  signal: AbortSignal,
) => Promise<Pick<GetCostAndUsageCommandOutput, "ResultsByTime" | "NextPageToken">>;

/** https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html */
export function createPages(config: AwsConfig): AskPage {
  const client = new CostExplorerClient({
    ...clientSettings(config),
    region: COST_EXPLORER_REGION,
    ...(config.costExplorerEndpoint && { endpoint: config.costExplorerEndpoint }),
  });
  return (input, signal) =>
    asReadingError("Cost Explorer GetCostAndUsage", signal, () =>
      client.send(new GetCostAndUsageCommand(input), { abortSignal: signal }),
    );
}
