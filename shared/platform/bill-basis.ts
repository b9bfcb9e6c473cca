import type { AwsConfig } from "@apportion/aws/config";

const BASES: Readonly<Record<AwsConfig["chargeBy"], string>> = {
  NetAmortizedCost: "net amortised cost (FOCUS EffectiveCost)",
  AmortizedCost: "amortised cost before discounts",
  UnblendedCost: "unblended cost, as on the invoice",
};

/** How dollars of the bill are counted, in words. */
export function billBasisOf(aws: Pick<AwsConfig, "chargeBy"> | undefined): string {
  return aws === undefined ? "no bill is read" : `the bill by ${BASES[aws.chargeBy]}`;
}
