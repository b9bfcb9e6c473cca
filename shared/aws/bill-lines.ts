/**
 * What is known of the lines of AWS's bill: who charges them, what they pay for, how late they come. Pure, so that the books may ask it.
 */
import { isUsage } from "@apportion/domain/record-types";

/** As readings of the bill, and of what no other collector charges of it, name their source. */
export const BILL_SOURCE = "aws-bill";

/** Source that charges a part of the bill, beside the one that charges the rest. */
export type PartOwner = "kubecost" | "s3" | "network";

/** Days after its end that AWS may need to bill all of a day. */
export const BILL_LAG_DAYS = 2;

export const S3_SERVICE = "Amazon Simple Storage Service";

/** Services whose lines belong to several owners, told apart by usage type. */
export const MIXED_SERVICES = [
  "Amazon Elastic Compute Cloud - Compute",
  "EC2 - Other",
  "Amazon Elastic Load Balancing",
  "Amazon Elastic Compute Cloud NAT Gateway",
  "AWS Data Transfer",
] as const;

/** The classes of network that teams are charged by. */
export type NetworkClass = "internet" | "inter-region" | "inter-zone" | "nat";

/** Usage types carry a region's prefix (`EUC1-`, `USE1-USW2-`); what is told apart lies behind it. */
const NETWORK: readonly (readonly [RegExp, NetworkClass])[] = [
  [/NatGateway-(Bytes|Hours)/, "nat"],
  // VPC peering is told apart since 2025; within a zone it is free, between regions it has one region's prefix instead of two.
  [/DataTransfer-Regional-Bytes|InterZone-(In|Out)|VpcPeering-(In|Out)-Bytes/, "inter-zone"],
  [/^([A-Z]{2,4}\d?-){0,2}AWS-(In|Out)-Bytes|InterRegion-(In|Out)/, "inter-region"],
  [/DataTransfer-(In|Out)-Bytes|DataTransfer-Out-ABytes/, "internet"],
];

const KUBERNETES =
  /(BoxUsage|SpotUsage|DedicatedUsage|HostUsage|EBS:VolumeUsage|EBS:VolumeP-IOPS|EBS:VolumeP-Throughput|EBS:VolumeIOUsage|LoadBalancerUsage|LCUUsage)/;

/** Usage types of volumes and of load balancers among the lines behind Kubernetes; all others are of machines. Regular expressions of ClickHouse too. */
export const KUBERNETES_PARTS = { volumes: "EBS:", loadBalancers: "LoadBalancerUsage|LCUUsage" } as const;

/** Class of a network line; undefined for a line that is not network. */
export function networkClassOf(usageType: string): NetworkClass | undefined {
  return NETWORK.find(([pattern]) => pattern.test(usageType))?.[1];
}

/**
 * Which collector owns a line of the bill, so that each dollar is charged once: S3 with its own transfer, network of the mixed
 * services, nodes, volumes and load balancers behind Kubernetes, and everything else.
 */
export function ownerOfLine(
  service: string,
  usageType: string,
  recordType: string,
): PartOwner | typeof BILL_SOURCE {
  if (!isUsage(recordType)) return BILL_SOURCE;
  if (service === S3_SERVICE) return "s3";
  if (!MIXED_SERVICES.some((mixed) => mixed === service)) return BILL_SOURCE;
  if (networkClassOf(usageType) !== undefined) return "network";
  return KUBERNETES.test(usageType) ? "kubecost" : BILL_SOURCE;
}
