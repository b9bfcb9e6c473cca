/** One amount that the simulator served, in units of 10⁻¹² dollars. */
export interface ServedLine {
  readonly cluster: string;
  /** Node of Kubernetes; empty for everything else. */
  readonly node: string;
  readonly namespace: string;
  readonly controller: string;
  readonly kind: "workload" | "unmounted" | "idle" | "object-storage" | "network" | "bill";
  /** Value of the team label or tag; empty where there is none. */
  readonly teamLabel: string;
  readonly picos: bigint;
}

/** What was served, so that tests can ask whether all of it, and nothing else, was charged. The last answer for a day counts. */
export class Ledger {
  readonly #served = new Map<string, { readonly day: string; readonly lines: readonly ServedLine[] }>();

  record(source: string, scope: string, day: string, lines: readonly ServedLine[]): void {
    this.#served.set(JSON.stringify([source, scope, day]), { day, lines });
  }

  /** Lines of a month, `2026-10`. */
  linesOf(month: string): ServedLine[] {
    return [...this.#served.values()]
      .filter(({ day }) => day.startsWith(month))
      .flatMap(({ lines }) => lines);
  }

  /** Lines of a day, `2026-10-01`. */
  linesOn(day: string): ServedLine[] {
    return [...this.#served.values()].filter((each) => each.day === day).flatMap(({ lines }) => lines);
  }

  totalOf(month: string): bigint {
    return sum(this.linesOf(month));
  }

  /** What is a team's own: its namespace on any cluster, what is tagged with it, and the idle capacity of nodes that are dedicated to it. */
  directOf(team: string, month: string, isDedicated: (line: ServedLine) => boolean): bigint {
    const own = this.linesOf(month).filter((line) =>
      line.kind === "object-storage" || line.kind === "bill"
        ? line.teamLabel === team
        : line.namespace === `team-${team}` || (line.kind === "idle" && isDedicated(line)),
    );
    return sum(own);
  }
}

function sum(lines: readonly ServedLine[]): bigint {
  return lines.reduce((total, { picos }) => total + picos, 0n);
}
