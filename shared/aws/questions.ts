import type { Expression } from "@aws-sdk/client-cost-explorer";
import { USAGE_RECORD_TYPES } from "@apportion/domain/record-types";
import type { BillQuestion } from "./cost-explorer.js";
import { MIXED_SERVICES, S3_SERVICE } from "./bill-lines.js";

type Dimension = "LINKED_ACCOUNT" | "SERVICE" | "RECORD_TYPE";

const is = (Key: Dimension, Values: readonly string[]): Expression => ({
  Dimensions: { Key, Values: [...Values] },
});
const isNot = (Key: Dimension, Values: readonly string[]): Expression => ({ Not: is(Key, Values) });
const all = (...And: Expression[]): Expression => ({ And });
const byTag = (Key: string): { Type: "TAG"; Key: string } => ({ Type: "TAG", Key });
const by = (Key: "SERVICE" | "USAGE_TYPE" | "RECORD_TYPE"): { Type: "DIMENSION"; Key: string } => ({
  Type: "DIMENSION",
  Key,
});

/** S3's usage by team tag and usage type. */
export function s3ByTag(account: string, teamTag: string): BillQuestion {
  return {
    groupBy: [byTag(teamTag), by("USAGE_TYPE")],
    filter: all(
      is("LINKED_ACCOUNT", [account]),
      is("SERVICE", [S3_SERVICE]),
      // Credits, refunds and tax belong to the company, not to a bucket.
      is("RECORD_TYPE", USAGE_RECORD_TYPES),
    ),
  };
}

/** All usage by service and usage type. The network collector asks the same, so that it is answered from the cache. */
export function usageByService(account: string): BillQuestion {
  return {
    groupBy: [by("SERVICE"), by("USAGE_TYPE")],
    filter: all(is("LINKED_ACCOUNT", [account]), is("RECORD_TYPE", USAGE_RECORD_TYPES)),
  };
}

/** Everything that is not the use of something: credits, refunds, tax, support, fees. */
export function otherRecords(account: string): BillQuestion {
  return {
    groupBy: [by("SERVICE"), by("RECORD_TYPE")],
    filter: all(is("LINKED_ACCOUNT", [account]), isNot("RECORD_TYPE", USAGE_RECORD_TYPES)),
  };
}

/** Usage of services that no other collector has a part of, by team tag. */
export function otherServicesByTag(account: string, teamTag: string): BillQuestion {
  return {
    groupBy: [byTag(teamTag), by("SERVICE")],
    filter: all(
      is("LINKED_ACCOUNT", [account]),
      is("RECORD_TYPE", USAGE_RECORD_TYPES),
      isNot("SERVICE", [S3_SERVICE, ...MIXED_SERVICES]),
    ),
  };
}
