import { partsOf } from "@apportion/allocation/cost-parts";
import { type Place, placeOf } from "@apportion/allocation/place";
import type { RulesOfDay } from "@apportion/allocation/rules-of-day";
import type { Category } from "@apportion/domain/category";
import type { Day } from "@apportion/domain/period";
import { printPool } from "@apportion/domain/pool-id";
import { splitExactly } from "@apportion/domain/split";
import { type CostLine, ownerOf } from "../months/month.js";
import type { CellOfDay, NamedCells } from "./cell-days.js";
import type { Subject, WorkloadName } from "./movement.js";
import {
  type CostsBeside,
  type LabelledWorkload,
  plus,
  type Rest,
  type WorkloadCosts,
} from "./split-difference.js";
import type { Part } from "./split-workload.js";

/** The facts of a day do not give its lines: nobody may be told why they differ. */
export class NotAsAllocatedError extends Error {
  readonly code = "compare.notAsAllocated";
}

type Writable<T, K extends keyof T, V> = Omit<T, K> & Record<K, V>;
type Sums = Map<string, bigint>;

/** Days are many, and names and owners mostly the same on all of them. */
const namedOnce = new WeakMap<NamedCells, Named>();

/** What is made of the names of cells, and who has them under the rules of a day. */
interface Named {
  readonly workload: string;
  readonly unlabelled: string;
  readonly name: WorkloadName;
  readonly rules: RulesOfDay;
  readonly payer: string | undefined;
  /** By category, as {@link directKey} makes them. */
  readonly keys: Map<Category, string>;
}

/** One category of a cell, and who pays it. */
interface Held {
  readonly key: string;
  readonly workload: string;
  readonly name: WorkloadName;
  readonly category: Category;
  readonly part: Part;
  payer: string;
}

/**
 * What days cost, day by day, from their lines and their cells. Lines are what is charged; the cells behind direct ones say of which workload and
 * of which quantity it is. The difference between list prices and the bill lies on the workloads that have it, in proportion to their cost, as it
 * was allocated: so a workload's price is the bill's.
 */
export class PeriodSum {
  #workloads = new Map<string, Writable<LabelledWorkload, "byPayer", Map<string, Map<Category, Part>>>>();
  #severalLabels = new Set<string>();
  readonly #pools = new Map<string, { pool: string; category: Category; byPayer: Sums }>();
  readonly #rest = new Map<string, Writable<Rest, "byPayer", Sums>>();

  /**
   * Adds a day, or what of it is in some clusters and namespaces: both lines and cells of them, all at once.
   * @param rules of the day, or of another on which the same rules of ownership hold
   * @throws NotAsAllocatedError when the cells do not add up to the direct lines
   */
  add(
    lines: readonly CostLine[],
    cells: readonly CellOfDay[],
    rules: RulesOfDay,
    day: Day = rules.day,
  ): void {
    for (const line of lines) if (line.basis !== "direct") this.#addWithoutWorkload(line);
    const direct = lines.filter(({ basis }) => basis === "direct");
    const held = this.#holdersOf(cells, rules);
    givePayers(held, direct, day);
    this.#addVariances(direct, held);
    for (const { workload, payer, category, part } of held) this.#addPart(workload, payer, category, part);
  }

  /** The workloads that were added since they were last taken. */
  takeWorkloads(): WorkloadCosts {
    const taken = { workloads: this.#workloads, severalLabels: this.#severalLabels };
    this.#workloads = new Map();
    this.#severalLabels = new Set();
    return taken;
  }

  /** All that was added and is of no workload. */
  get beside(): CostsBeside {
    return { pools: this.#pools, rest: this.#rest };
  }

  #addWithoutWorkload(line: CostLine): void {
    const { basis, category, pool, method } = line;
    const payer = ownerOf(line.ownerKind, line.teamId);
    if (basis === "shared" && method !== "limit") {
      const key = JSON.stringify([pool, category]);
      const cost = this.#pools.get(key) ?? { pool, category, byPayer: new Map() };
      this.#pools.set(key, cost);
      addTo(cost.byPayer, payer, line.picos);
    } else if (basis === "idle") {
      const subject = { of: "idle", cluster: line.cluster, nodePool: line.nodePool } as const;
      this.#addRest({ effect: "idle", subject, category }, payer, line.picos);
    } else {
      const subject: Subject = pool === "" ? { of: "company" } : { of: "pool", pool };
      this.#addRest({ effect: "adjustments", subject, category }, payer, line.picos);
    }
  }

  /** Idle capacity and what is the company's are no workloads: their lines say all of them. */
  #holdersOf(cells: readonly CellOfDay[], rules: RulesOfDay): Held[] {
    const labels = new Map<string, string>();
    const held: Held[] = [];
    for (const cell of cells) {
      const { of } = cell;
      const named = namedOf(of, rules);
      const { workload, name, payer, keys } = named;
      if (payer === undefined) continue;
      this.#seeLabel(named, labels);
      for (const { category, amount } of partsOf(cell)) {
        const part = { cost: amount, quantity: quantityOf(cell, category) };
        if (part.cost === 0n && part.quantity === 0n) continue;
        const key = keys.get(category) ?? directKey(payer, category, of);
        keys.set(category, key);
        held.push({ key, workload, name, category, part, payer });
      }
    }
    return held;
  }

  /** @param labels of the day, by workload */
  #seeLabel({ workload, unlabelled, name }: Named, labels: Map<string, string>): void {
    if ((labels.get(unlabelled) ?? name.label) !== name.label) this.#severalLabels.add(unlabelled);
    labels.set(unlabelled, name.label);
    if (!this.#workloads.has(workload))
      this.#workloads.set(workload, { name, unlabelled, byPayer: new Map() });
  }

  #addPart(workload: string, payer: string, category: Category, part: Part): void {
    const byPayer = this.#workloads.get(workload)?.byPayer;
    const parts = byPayer?.get(payer) ?? new Map<Category, Part>();
    byPayer?.set(payer, parts);
    parts.set(category, plus(parts.get(category), part));
  }

  /** As `rateVarianceCells` gave it out: what has a negative cost takes none. */
  #addVariances(direct: readonly CostLine[], held: readonly Held[]): void {
    const variances = new Map<string, { payer: string; category: Category; picos: bigint }>();
    for (const { category, cluster, namespace, picos, ...line } of direct) {
      if (category !== "rate-variance") continue;
      const payer = ownerOf(line.ownerKind, line.teamId);
      const key = JSON.stringify([payer, cluster, namespace]);
      variances.set(key, { payer, category, picos: (variances.get(key)?.picos ?? 0n) + picos });
    }
    if (variances.size === 0) return;
    const takers = new Map<string, Held[]>();
    for (const each of held) {
      if (each.part.cost <= 0n || !isPriced(each.name)) continue;
      const key = JSON.stringify([each.payer, each.name.cluster, each.name.namespace]);
      const own = takers.get(key) ?? [];
      takers.set(key, own);
      own.push(each);
    }
    for (const [key, { payer, category, picos }] of variances) {
      const own = takers.get(key) ?? [];
      const subject = { of: "rate-variance" } as const;
      if (own.length === 0) this.#addRest({ effect: "not-told-apart", subject, category }, payer, picos);
      const shares =
        own.length === 0
          ? []
          : splitExactly(
              picos,
              own.map(({ part }) => part.cost),
            );
      for (const [at, each] of own.entries())
        this.#addPart(each.workload, payer, each.category, { cost: shares[at] ?? 0n, quantity: 0n });
    }
  }

  #addRest(rest: Omit<Rest, "byPayer">, payer: string, picos: bigint): void {
    const key = JSON.stringify([rest.effect, rest.subject, rest.category]);
    const same = this.#rest.get(key) ?? { ...rest, byPayer: new Map() };
    this.#rest.set(key, same);
    addTo(same.byPayer, payer, picos);
  }
}

function namedOf(of: NamedCells, rules: RulesOfDay): Named {
  const known = namedOnce.get(of);
  if (known?.rules === rules) return known;
  const named = { ...(known ?? namesOf(of)), rules, payer: directPayerOf(of, rules), keys: new Map() };
  namedOnce.set(of, named);
  return named;
}

/** Undefined where it is on no direct line. */
function directPayerOf(of: NamedCells, rules: RulesOfDay): string | undefined {
  const place = placeOf({ ...of, node: "", teamLabel: of.team_label, recordType: of.record_type }, rules);
  return place.kind === "held" && place.basis !== "direct" ? undefined : payerOf(place);
}

function namesOf(of: NamedCells): Pick<Named, "workload" | "unlabelled" | "name"> {
  const { kind, source, scope, cluster, namespace, workload: controller, service, team_label: label } = of;
  const unlabelled = JSON.stringify([kind, source, scope, cluster, namespace, controller, service]);
  const named = { kind, source, scope, cluster, namespace, controller, service, label };
  return {
    workload: JSON.stringify([unlabelled, label]),
    unlabelled,
    name: { ...named, protectedLevel: of.protected_level, protectedTeam: of.protected_team },
  };
}

/**
 * Whoever a line says pays what is held. What nobody owns, and is on no line, was split by a policy: it is in that pool, and shares of it are
 * on other lines.
 * @throws NotAsAllocatedError
 */
function givePayers(held: readonly Held[], direct: readonly CostLine[], day: Day): void {
  const lines: Sums = new Map();
  for (const line of direct)
    if (line.category !== "rate-variance")
      addTo(lines, directKey(ownerOf(line.ownerKind, line.teamId), line.category, line), line.picos);
  const facts: Sums = new Map();
  for (const { key, payer, part } of held) if (!isPool(payer)) addTo(facts, key, part.cost);
  const isSplit = (key: string, payer: string): boolean => payer === UNALLOCATED && !lines.has(key);
  for (const each of held)
    if (isSplit(each.key, each.payer) && facts.get(each.key) !== 0n) each.payer = poolPayer(UNALLOCATED_POOL);
  for (const key of new Set([...lines.keys(), ...facts.keys()])) {
    const [ofLines, ofFacts] = [lines.get(key) ?? 0n, facts.get(key) ?? 0n];
    const payer = key.slice(0, key.indexOf("\n"));
    if (ofLines !== ofFacts && !isSplit(key, payer))
      throw new NotAsAllocatedError(
        `The facts of ${day} do not give what ${payer} is charged for them: something was changed since it was allocated; run \`apportion verify --month ${day.slice(0, 7)}\``,
      );
  }
}

const UNALLOCATED = ownerOf("unallocated", "");
const UNALLOCATED_POOL = "unallocated";

function payerOf(place: Place): string {
  if (place.kind === "pool") return poolPayer(printPool(place.pool));
  return ownerOf(place.owner.kind, place.owner.kind === "team" ? place.owner.teamId : "");
}

/** A payer that is none: what is in a pool is charged by shares of it. */
function poolPayer(pool: string): string {
  return `pool/${pool}`;
}

function isPool(payer: string): boolean {
  return payer.startsWith("pool/");
}

interface PlaceOfLine {
  readonly cluster: string;
  readonly namespace: string;
  readonly service: string;
}

function directKey(payer: string, category: Category, { cluster, namespace, service }: PlaceOfLine): string {
  return `${payer}\n${category}\n${cluster}\n${namespace}\n${service}`;
}

/** Kubernetes is at list price until the difference to the bill is added. */
function isPriced({ kind }: WorkloadName): boolean {
  return kind === "workload" || kind === "unmounted";
}

function quantityOf(row: CellOfDay, category: Category): bigint {
  switch (category) {
    case "cpu":
      return row.cpu_quantity;
    case "gpu":
      return row.gpu_quantity;
    case "memory":
      return row.memory_quantity;
    default:
      return 0n;
  }
}

function addTo(sums: Sums, key: string, picos: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + picos);
}
