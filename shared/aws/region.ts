/** Prefixes of usage types, by region: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-region-billing-codes.html */
const REGIONS: Readonly<Record<string, string>> = {
  AFS1: "af-south-1",
  APE1: "ap-east-1",
  APN1: "ap-northeast-1",
  APN2: "ap-northeast-2",
  APN3: "ap-northeast-3",
  APS1: "ap-southeast-1",
  APS2: "ap-southeast-2",
  APS3: "ap-south-1",
  APS4: "ap-southeast-3",
  APS5: "ap-south-2",
  APS6: "ap-southeast-4",
  CAN1: "ca-central-1",
  CNN1: "cn-north-1",
  CNW1: "cn-northwest-1",
  EU: "eu-west-1",
  EUC1: "eu-central-1",
  EUC2: "eu-central-2",
  EUN1: "eu-north-1",
  EUS1: "eu-south-1",
  EUS2: "eu-south-2",
  EUW1: "eu-west-1",
  EUW2: "eu-west-2",
  EUW3: "eu-west-3",
  ILC1: "il-central-1",
  MEC1: "me-central-1",
  MES1: "me-south-1",
  SAE1: "sa-east-1",
  UGE1: "us-gov-east-1",
  UGW1: "us-gov-west-1",
  USE1: "us-east-1",
  USE2: "us-east-2",
  USW1: "us-west-1",
  USW2: "us-west-2",
};

const KNOWN = new Set(Object.values(REGIONS));
const PREFIX = /^[A-Z]{2,4}\d?$/;

/** Region of a line by the first prefix of its usage type; none is us-east-1. One that is not known here stands for itself. */
export function regionOf(usageType: string): string {
  const [prefix = ""] = usageType.split("-");
  return PREFIX.test(prefix) ? (REGIONS[prefix] ?? prefix) : "us-east-1";
}

/** Whether it is the name of a region that is known here. */
export function isRegionName(text: string): boolean {
  return KNOWN.has(text);
}

/** Whether lines of the bill can be found by it: a known region, or the prefix of one that is not known here. */
export function isRegion(text: string): boolean {
  return isRegionName(text) || (PREFIX.test(text) && REGIONS[text] === undefined);
}
