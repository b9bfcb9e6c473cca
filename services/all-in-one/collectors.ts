import type { z } from "zod";
import { billEntry } from "@apportion/collector-bill/entry";
import { kubecostEntry } from "@apportion/collector-kubecost/entry";
import { networkEntry } from "@apportion/collector-network/entry";
import { s3Entry } from "@apportion/collector-s3/entry";
import { usageEntry } from "@apportion/collector-usage/entry";
import { utilisationEntry } from "@apportion/collector-utilisation/entry";
import type { CollectorEntry, OtherSections } from "@apportion/platform/entry";
import type { Platform } from "@apportion/platform/platform";
import type { Collector } from "@apportion/readings/collector";
import type { ExpectedReading } from "@apportion/registry/allocation";
import type { ConfigCheck } from "@apportion/runtime/config";

/** Every source there is, a line for each. All else that is to be known of one lies in its package. */
export const COLLECTORS = [
  kubecostEntry,
  s3Entry,
  networkEntry,
  billEntry,
  usageEntry,
  utilisationEntry,
] as const;

/** Any collector. Each is given its own section and nothing else, which is beyond what a list of different ones can say. */
export interface AnyCollector extends Pick<
  CollectorEntry<string, z.ZodType, Collector, z.ZodType>,
  "name" | "section" | "schema" | "written" | "meaning" | "uses" | "owns"
> {
  readings(section: never, others: OtherSections): readonly ExpectedReading[];
  clusters?(section: never): readonly string[];
  completed?(section: never, others: OtherSections): unknown;
  readonly checks?: readonly ConfigCheck<never>[];
  create(section: never, platform: Platform): Promise<Collector>;
}

/** How the sections of collectors are written, by their names. */
export type SectionSchemas<List extends readonly AnyCollector[]> = {
  readonly [Entry in List[number] as Entry["section"]]: z.ZodOptional<NonNullable<Entry["written"]>>;
};

/** @throws Error where two of them would answer for the same section, service or dollars: that is a mistake of whoever composed them */
export function requireDistinct(collectors: readonly AnyCollector[], otherSections: readonly string[]): void {
  const names = {
    section: [...otherSections, ...collectors.map(({ section }) => section)],
    service: collectors.map(({ name }) => name),
    source: collectors.flatMap(({ owns }) => owns.map(({ source }) => source)),
  };
  for (const [what, all] of Object.entries(names)) {
    const twice = all.find((name, index) => all.indexOf(name) !== index);
    if (twice !== undefined)
      throw new Error(`The ${what} "${twice}" is another's already: give the collector one of its own`);
  }
}
