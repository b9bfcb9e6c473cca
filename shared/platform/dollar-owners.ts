import type { Registry } from "@apportion/domain/tenancy";
import type { ExpectedReading } from "@apportion/registry/allocation";

type Accounts = Pick<Registry, "accounts">;

/** Dollars that one source charges, and nobody else. */
export interface OwnedDollars {
  /** As its readings of costs name it. */
  readonly source: string;
  /**
   * For what is a part of a bill of which another collector charges the rest: the account on whose bill the dollars of a scope are, if they
   * are on any. Absent where the source charges a bill of its own, or the rest of one.
   */
  billOf?(scope: string, registry: Accounts): string | undefined;
  /** For who charges the rest of a bill: the source that a line of usage belongs to, itself for what it keeps. */
  ownerOf?(service: string, usageType: string): string;
  /** Whether fees of a month or a year come on one day: a day that costs many times the usual is then nothing strange. */
  readonly comesAtOnce?: boolean;
}

/** A line that the source which charges the rest of a bill charged to nobody. */
export interface UnownedLine {
  readonly source: string;
  /** Account of the bill. */
  readonly scope: string;
  readonly service: string;
  readonly usageType: string;
}

/** What the collectors of a deployment say of the dollars they charge, for who has to know it of others. */
export interface DollarOwners {
  /** Sources that charge a part of an account's bill. What nobody does is shown as unowned by who charges the rest. */
  readonly partOwners: (account: string) => ReadonlySet<string>;
  /** Whether a line that was nobody's has a collector of its own by now. */
  readonly isChargedElsewhere: (line: UnownedLine) => boolean;
  /** Whether a day of a source that costs many times the usual is nothing strange. */
  readonly comesAtOnce: (source: string) => boolean;
}

/** Of a process that reads no bill and takes in no readings. */
export const NO_DOLLAR_OWNERS: DollarOwners = dollarOwners([], [], {});

/** A part of a bill is charged where a day is incomplete without the reading that does. */
export function dollarOwners(
  owned: readonly OwnedDollars[],
  expected: readonly Pick<ExpectedReading, "dataset" | "source" | "scope">[],
  registry: Accounts,
): DollarOwners {
  const costs = expected.filter(({ dataset }) => dataset === "cost");
  const partOwners = (account: string): Set<string> =>
    new Set(
      owned
        .filter((own) =>
          costs.some(
            ({ source, scope }) => source === own.source && own.billOf?.(scope, registry) === account,
          ),
        )
        .map(({ source }) => source),
    );
  const ofSource = (name: string): OwnedDollars | undefined => owned.find(({ source }) => source === name);
  return {
    partOwners,
    isChargedElsewhere({ source, scope, service, usageType }) {
      const owner = ofSource(source)?.ownerOf?.(service, usageType);
      return owner !== undefined && owner !== source && partOwners(scope).has(owner);
    },
    comesAtOnce: (source) => ofSource(source)?.comesAtOnce ?? false,
  };
}
