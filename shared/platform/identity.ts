import { DEPLOYMENT_PLACES_MAX, type DeploymentIdentified } from "@apportion/events/catalogue";

/** Ids for what has none yet, and the present instant: given in, so that the decision is a pure function. */
export interface FreshIdentity {
  readonly deploymentId: string;
  readonly logId: string;
  readonly at: Date;
}

/** The tables as a process that reaches them sees them. */
export interface OurTables {
  /** One of {@link DeploymentIdentified.places}, if the log knows it */
  readonly place: string;
  /** Undefined while they have none: they are new, or older than ids. */
  readonly deploymentId: string | undefined;
}

export interface Authority {
  /** An operator said that new tables take the place of those that the log knows. */
  readonly replacesDatabase: boolean;
}

export type Identity =
  | {
      readonly kind: "agreed";
      readonly record: DeploymentIdentified;
      /** The log does not have it like this yet. */
      readonly publish: boolean;
      /** The tables have no id yet. */
      readonly mark: boolean;
    }
  | {
      readonly kind: "foreign";
      readonly record: DeploymentIdentified;
      readonly cause: "other id" | "new tables elsewhere" | "configured elsewhere";
    };

/** Whether log and tables are of one deployment, and what is to be written so that both say so. */
export function identify(
  tables: OurTables,
  record: DeploymentIdentified | undefined,
  fresh: FreshIdentity,
  { replacesDatabase }: Authority,
): Identity {
  const { place, deploymentId } = tables;
  const mark = deploymentId === undefined;
  const at = fresh.at.toISOString();
  if (!record) {
    const said = { deploymentId: deploymentId ?? fresh.deploymentId, logId: fresh.logId, places: [place] };
    return { kind: "agreed", record: { ...said, bound: true, at }, publish: true, mark };
  }
  const isHere = record.places.includes(place);
  if (mark && !isHere && !replacesDatabase) return { kind: "foreign", record, cause: "new tables elsewhere" };
  // A collector that came first on a new log could not know the id of the tables.
  const isProposal = !record.bound && isHere;
  if (!mark && deploymentId !== record.deploymentId && !isProposal)
    return { kind: "foreign", record, cause: "other id" };
  const publish = !record.bound || !isHere;
  // The other names stay: processes that are configured with them reach the same tables. Of tables that are replaced nothing stays.
  const others = mark ? [] : record.places;
  const places = isHere ? record.places : [place, ...others].slice(0, DEPLOYMENT_PLACES_MAX);
  const now = { ...record, deploymentId: deploymentId ?? record.deploymentId, places, bound: true, at };
  return { kind: "agreed", record: publish ? now : record, publish, mark };
}

/** As {@link identify}, for a collector: it reaches no tables and knows only where its configuration says they are. */
export function identifyByPlace(
  place: string,
  record: DeploymentIdentified | undefined,
  fresh: FreshIdentity,
): Identity {
  if (!record) {
    const { deploymentId, logId, at } = fresh;
    const said = { deploymentId, logId, places: [place], bound: false, at: at.toISOString() };
    return { kind: "agreed", record: said, publish: true, mark: false };
  }
  if (!record.places.includes(place)) return { kind: "foreign", record, cause: "configured elsewhere" };
  return { kind: "agreed", record, publish: false, mark: false };
}

/**
 * What holds of all that a log says, in its order. Records of one log have one `logId`; another one was written by a process that
 * started at the same moment and did not see the first. `settled` is false while such a one is last, and would be what
 * compaction keeps.
 */
export function recordThatHolds(
  said: readonly DeploymentIdentified[],
): { readonly record: DeploymentIdentified; readonly settled: boolean } | undefined {
  const [first] = said;
  if (!first) return undefined;
  const record = said.findLast(({ logId }) => logId === first.logId) ?? first;
  return { record, settled: record === said.at(-1) };
}

/** `clickhouse:8123/apportion`, or `db.example:8123/apportion (also known as clickhouse:8123/apportion)` */
export function placesInWords({ places: [newest, ...others] }: DeploymentIdentified): string {
  return others.length === 0 ? String(newest) : `${newest} (also known as ${others.join(", ")})`;
}

/** A log and tables, or a log and a configuration, of two deployments. The command line exits with 1. */
export class ForeignDeploymentError extends Error {
  readonly code = "FOREIGN_DEPLOYMENT";

  /** @param log the event log in words, `Kafka at kafka:9092 with the prefix "a-"` */
  constructor(
    log: string,
    ours: OurTables,
    { record, cause }: Extract<Identity, { kind: "foreign" }>,
    remedy: string,
  ) {
    const us =
      cause === "configured elsewhere"
        ? `this process is configured for the tables in ${ours.place}`
        : `the tables in ${ours.place} ${ours.deploymentId === undefined ? "are new and of no deployment yet" : `belong to deployment ${ours.deploymentId}`}`;
    super(
      `Two deployments on one event log: ${log} belongs to deployment ${record.deploymentId}, whose tables are in ${placesInWords(record)}, but ${us}. Nothing was published or consumed. ${remedy}`,
    );
    this.name = "ForeignDeploymentError";
  }
}
