import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CATEGORIES, type Category } from "@apportion/domain/category";
import { parseBillingPeriod } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT, type MonthLine } from "@apportion/domain/statement";
import type { Team } from "@apportion/domain/tenancy";
import {
  chain,
  chargedBy,
  correctionEntries,
  hashOf,
  journalIdOf,
  monthEntries,
  UnbalancedError,
  type Entry,
  type ExactMonth,
  type Journal,
  type JournalDraft,
} from "./journal.js";

const picos = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 17n });
const anyLine = fc.record({
  ownerKind: fc.constantFrom("team" as const, "idle" as const, "unallocated" as const),
  teamId: fc.constantFrom("a", "b", "c"),
  category: fc.constantFrom("cpu", "gpu", "shared"),
  basis: fc.constant("direct"),
  pool: fc.constantFrom("", "mlflow"),
  method: fc.constant(""),
  reason: fc.constant(""),
  picos,
});

/** Lines and sources of the same month: the sources add up to the lines. */
const anyMonth = fc.tuple(fc.array(anyLine, { maxLength: 12 }), picos).map(([lines, first]): ExactMonth => {
  const owned = lines.map((line): MonthLine => ({
    ...line,
    teamId: line.ownerKind === "team" ? line.teamId : "",
  }));
  const total = owned.reduce((sum, line) => sum + line.picos, 0n);
  return {
    lines: owned,
    sources: [
      { source: "kubecost", picos: first },
      { source: "s3", picos: total - first },
    ],
  };
});

const total = ({ lines }: ExactMonth): bigint =>
  roundedDivision(
    lines.reduce((sum, line) => sum + line.picos, 0n),
    PICOS_PER_CENT,
  );
const balance = (entries: readonly Entry[]): bigint => entries.reduce((sum, { cents }) => sum + cents, 0n);

describe("journals", () => {
  it("balance, and with all corrections charge the month's rounded total, whatever was restated how often", () => {
    fc.assert(
      fc.property(fc.array(anyMonth, { minLength: 1, maxLength: 5 }), ([first, ...restated]) => {
        if (!first) return;
        const entries = [monthEntries(first, [])];
        let then = first;
        for (const now of restated) {
          entries.push(correctionEntries(now, then, entries.flat(), []));
          then = now;
        }
        expect(entries.map(balance)).toEqual(entries.map(() => 0n));
        expect(entries.reduce((sum, each) => sum + chargedBy({ entries: each }), 0n)).toBe(total(then));
      }),
      { numRuns: 2000 },
    );
  });

  it("have nothing to correct of a month that is the same", () => {
    fc.assert(
      fc.property(anyMonth, (month) => {
        expect(correctionEntries(month, month, monthEntries(month, []), [])).toEqual([]);
      }),
    );
  });

  const month = (lines: readonly Partial<MonthLine>[]): ExactMonth => {
    const whole = lines.map((line): MonthLine => ({ ...LINE, ...line }));
    const sum = whole.reduce((all, line) => all + line.picos, 0n);
    return { lines: whole, sources: [{ source: "kubecost", picos: sum }] };
  };
  const LINE: MonthLine = {
    ownerKind: "team",
    teamId: "a",
    category: "cpu",
    basis: "direct",
    pool: "",
    method: "",
    reason: "",
    picos: 0n,
  };
  const teamCents = (entries: readonly Entry[], team: string): bigint =>
    entries.reduce((sum, { teamId, cents }) => (teamId === team ? sum + cents : sum), 0n);

  it("correct a team whose lines each moved by less than half a cent", () => {
    const tenLines = (teamId: string, picosEach: bigint): Partial<MonthLine>[] =>
      CATEGORIES.slice(0, 10).map((category) => ({ teamId, category, picos: picosEach }));
    const dollar = 100n * PICOS_PER_CENT;
    const shift = (PICOS_PER_CENT * 46n) / 100n;
    const then = month([...tenLines("a", 10n * dollar), ...tenLines("b", 10n * dollar)]);
    const now = month([...tenLines("a", 10n * dollar + shift), ...tenLines("b", 10n * dollar - shift)]);
    const correction = correctionEntries(now, then, monthEntries(then, []), []);
    expect([teamCents(correction, "a"), teamCents(correction, "b"), balance(correction)]).toEqual([
      5n,
      -5n,
      0n,
    ]);
  });

  it("lose no cent of a team that is restated in many steps", () => {
    const step = PICOS_PER_CENT / 3n;
    const at = (steps: bigint): ExactMonth =>
      month([{ picos: 10n ** 12n + steps * step }, { teamId: "b", picos: 10n ** 12n }]);
    const entries = [monthEntries(at(0n), [])];
    for (let done = 1n; done <= 30n; done += 1n)
      entries.push(correctionEntries(at(done), at(done - 1n), entries.flat(), []));
    expect([teamCents(entries.flat(), "a"), teamCents(entries.flat(), "b")]).toEqual([110n, 100n]);
  });

  it("keep the cost center of a team that has left the configuration", () => {
    const team = {
      id: "a",
      name: "A",
      costCenter: "cc-a",
      complianceLevel: "standard" as const,
      contacts: [],
      budgets: [],
    };
    const posted = monthEntries(month([{ picos: 10n ** 12n }]), [team]);
    const correction = correctionEntries(
      month([{ picos: 2n * 10n ** 12n }]),
      month([{ picos: 10n ** 12n }]),
      posted,
      [],
    );
    expect(correction.find(({ teamId }) => teamId === "a")).toMatchObject({
      costCenter: "cc-a",
      cents: 100n,
    });
  });

  it("are refused when they do not balance", () => {
    const period = parseBillingPeriod("2026-10");
    const entry: Entry = {
      account: "team",
      teamId: "a",
      costCenter: "",
      source: "",
      category: "cpu",
      basis: "direct",
      pool: "",
      method: "",
      reason: "",
      cents: 1n,
    };
    const draft = {
      kind: "statement" as const,
      billingPeriod: period,
      correctsPeriod: "" as const,
      preparedBy: "",
      approvedBy: "",
      reason: "",
      evidence: "{}",
      entries: [entry],
    };
    expect(() => chain(draft, { seq: 0n, hash: "" }, new Date(0))).toThrow("exceed its credits by 1 cents");
  });
});

describe("the entries of a month", () => {
  const cent = PICOS_PER_CENT;
  const line = (of: Partial<MonthLine>): MonthLine => ({
    ownerKind: "team",
    teamId: "a",
    category: "cpu",
    basis: "direct",
    pool: "",
    method: "",
    reason: "",
    picos: 0n,
    ...of,
  });
  const teamOf = (id: string): Team => ({
    id,
    name: id,
    costCenter: `cc-${id}`,
    complianceLevel: "standard",
    contacts: [],
    budgets: [],
  });
  const told = (entries: readonly Entry[]): string[] =>
    entries.map(({ account, teamId, costCenter, source, category, pool, reason, cents }) =>
      [account, teamId, costCenter, source, category, pool, reason, cents].join("|"),
    );
  const sourcesOf = (of: Readonly<Record<string, bigint>>): ExactMonth["sources"] =>
    Object.entries(of).map(([source, amount]) => ({ source, picos: amount }));

  it("debit each line to its team's cost center or to a named pool, and credit the sources in their order", () => {
    const lines = [
      line({ picos: 300n * cent }),
      line({
        category: "shared",
        basis: "shared",
        pool: "mlflow",
        method: "usage",
        reason: "r",
        picos: 200n * cent,
      }),
      line({ teamId: "gone", picos: 50n * cent }),
      line({ ownerKind: "idle", teamId: "", category: "idle-cpu", basis: "idle", picos: 40n * cent }),
      line({ ownerKind: "corporate", teamId: "", category: "corporate", picos: 30n * cent }),
      line({ ownerKind: "unallocated", teamId: "", reason: "no-owner", picos: 20n * cent }),
    ];
    const entries = monthEntries({ lines, sources: sourcesOf({ s3: 140n * cent, kubecost: 500n * cent }) }, [
      teamOf("a"),
    ]);
    expect(told(entries)).toEqual([
      "team|a|cc-a||cpu|||300",
      "team|a|cc-a||shared|mlflow|r|200",
      "team|gone|||cpu|||50",
      "idle||||idle-cpu|||40",
      "corporate||||corporate|||30",
      "unallocated||||cpu||no-owner|20",
      "clearing|||kubecost||||-500",
      "clearing|||s3||||-140",
    ]);
    expect(entries[1]).toEqual({
      account: "team",
      teamId: "a",
      costCenter: "cc-a",
      source: "",
      category: "shared",
      basis: "shared",
      pool: "mlflow",
      method: "usage",
      reason: "r",
      cents: 200n,
    });
    expect(entries.at(-1)).toEqual({
      account: "clearing",
      teamId: "",
      costCenter: "",
      source: "s3",
      category: "",
      basis: "",
      pool: "",
      method: "",
      reason: "",
      cents: -140n,
    });
  });

  it("credit the sources in one order, in whatever order they are read", () => {
    const lines = [line({ picos: 3n * cent })];
    const of = { kubecost: cent, network: cent, s3: cent };
    const creditsOf = (sources: ExactMonth["sources"]): string[] =>
      monthEntries({ lines, sources }, []).flatMap(({ source }) => (source === "" ? [] : [source]));
    expect(creditsOf(sourcesOf(of))).toEqual(["kubecost", "network", "s3"]);
    expect(creditsOf(sourcesOf(of).toReversed())).toEqual(["kubecost", "network", "s3"]);
  });

  it("leave out what is rounded away, and credit the odd cent to the source with the larger rest", () => {
    const lines = [line({ picos: cent / 3n }), line({ teamId: "b", picos: cent })];
    const third = cent / 3n;
    expect(told(monthEntries({ lines, sources: sourcesOf({ s3: third, kubecost: cent }) }, []))).toEqual([
      "team|b|||cpu|||1",
      "clearing|||kubecost||||-1",
    ]);
    const half = [line({ picos: 15n * (cent / 10n) })];
    expect(
      told(
        monthEntries(
          { lines: half, sources: sourcesOf({ s3: 9n * (cent / 10n), kubecost: 6n * (cent / 10n) }) },
          [],
        ),
      ),
    ).toEqual(["team|a|||cpu|||2", "clearing|||kubecost||||-1", "clearing|||s3||||-1"]);
  });

  describe("after which it turned out to differ", () => {
    const at = (lines: readonly MonthLine[], of: Readonly<Record<string, bigint>>): ExactMonth => ({
      lines,
      sources: sourcesOf(of),
    });
    const a = line({ picos: 300n * cent });
    const pool = line({
      category: "shared",
      basis: "shared",
      pool: "mlflow",
      method: "usage",
      picos: 100n * cent,
    });
    const idle = line({
      ownerKind: "idle",
      teamId: "",
      category: "idle-cpu",
      basis: "idle",
      picos: 50n * cent,
    });
    const then = at([a, pool, idle], { s3: 50n * cent, kubecost: 400n * cent });
    const posted = (): Entry[] => monthEntries(then, [teamOf("a")]);

    it("touch the lines and sources that changed and no others", () => {
      const now = at([a, { ...pool, picos: 130n * cent }, idle], { s3: 80n * cent, kubecost: 400n * cent });
      expect(correctionEntries(now, then, posted(), [teamOf("a")])).toEqual([
        {
          account: "team",
          teamId: "a",
          costCenter: "cc-a",
          source: "",
          category: "shared",
          basis: "shared",
          pool: "mlflow",
          method: "usage",
          reason: "",
          cents: 30n,
        },
        {
          account: "clearing",
          teamId: "",
          costCenter: "",
          source: "s3",
          category: "",
          basis: "",
          pool: "",
          method: "",
          reason: "",
          cents: -30n,
        },
      ]);
    });

    it("take back a line that is gone and bring one that is new, of a team that is new too", () => {
      const now = at([{ ...a, teamId: "b" }, pool, idle], { s3: 50n * cent, kubecost: 400n * cent });
      expect(told(correctionEntries(now, then, posted(), [teamOf("a"), teamOf("b")]))).toEqual([
        "team|a|cc-a||cpu|||-300",
        "team|b|cc-b||cpu|||300",
      ]);
    });

    it("are of the cost center by now where a team has another one, and of none where nobody knows one", () => {
      const now = at([{ ...a, picos: 310n * cent }, pool, idle], { s3: 50n * cent, kubecost: 410n * cent });
      const moved = [{ ...teamOf("a"), costCenter: "cc-new" }];
      expect(told(correctionEntries(now, then, posted(), moved))[0]).toBe("team|a|cc-new||cpu|||10");
      const stranger = at([...then.lines, { ...a, teamId: "x", picos: cent }], {
        s3: 51n * cent,
        kubecost: 400n * cent,
      });
      expect(told(correctionEntries(stranger, then, posted(), []))).toEqual([
        "team|x|||cpu|||1",
        "clearing|||s3||||-1",
      ]);
    });

    it("move cost between owners without touching a source, and between sources without touching an owner", () => {
      const owners = at([{ ...a, picos: 290n * cent }, pool, { ...idle, picos: 60n * cent }], {
        s3: 50n * cent,
        kubecost: 400n * cent,
      });
      expect(told(correctionEntries(owners, then, posted(), [])).toSorted()).toEqual([
        "idle||||idle-cpu|||10",
        "team|a|cc-a||cpu|||-10",
      ]);
      const sources = at(then.lines, { s3: 60n * cent, kubecost: 390n * cent });
      expect(told(correctionEntries(sources, then, posted(), []))).toEqual([
        "clearing|||kubecost||||10",
        "clearing|||s3||||-10",
      ]);
    });

    it("take into account what was posted since, not only what the month was then", () => {
      const now = at([{ ...a, picos: 310n * cent }, pool, idle], { s3: 50n * cent, kubecost: 410n * cent });
      const first = correctionEntries(now, then, posted(), []);
      const later = at([{ ...a, picos: 315n * cent }, pool, idle], { s3: 50n * cent, kubecost: 415n * cent });
      expect(told(correctionEntries(later, now, [...posted(), ...first], []))).toEqual([
        "team|a|cc-a||cpu|||5",
        "clearing|||kubecost||||-5",
      ]);
      // A restatement that says what the month was before the first one takes it back.
      expect(told(correctionEntries(then, now, [...posted(), ...first], []))).toEqual([
        "team|a|cc-a||cpu|||-10",
        "clearing|||kubecost||||10",
      ]);
    });

    it("round the lines of one pool together", () => {
      const tenths = (count: bigint): bigint => (cent * count) / 10n;
      const limit = { ...pool, method: "limit" };
      const now = at(
        [a, { ...pool, picos: pool.picos + tenths(24n) }, { ...limit, picos: tenths(6n) }, idle],
        {
          s3: 50n * cent,
          kubecost: 403n * cent,
        },
      );
      expect(
        told(correctionEntries(now, then, posted(), [])).map((entry) => entry.split("|").at(-1)),
      ).toEqual(["1", "2", "-3"]);
    });

    it("leave a line alone that did not change, whatever became of its fraction of a cent", () => {
      const tenths = (count: bigint): bigint => (cent * count) / 10n;
      const half = (category: Category): MonthLine => line({ category, picos: tenths(5n) });
      const before = at([half("cpu"), half("gpu")], { kubecost: cent });
      const now = at([half("cpu"), { ...half("gpu"), picos: tenths(18n) }], { kubecost: tenths(23n) });
      expect(told(correctionEntries(now, before, monthEntries(before, []), []))).toEqual([
        "team|a|||gpu|||1",
        "clearing|||kubecost||||-1",
      ]);
    });

    it("are none as long as no cent has moved", () => {
      const now = at([{ ...a, picos: a.picos + cent / 10n }, pool, idle], {
        s3: 50n * cent,
        kubecost: 400n * cent + cent / 10n,
      });
      expect(correctionEntries(now, then, posted(), [])).toEqual([]);
    });

    it("do not hide that lines and sources disagree: what does not balance is refused when it is posted", () => {
      const lines = at([{ ...a, picos: 310n * cent }, pool, idle], { s3: 50n * cent, kubecost: 400n * cent });
      expect(told(correctionEntries(lines, then, posted(), []))).toEqual(["team|a|cc-a||cpu|||10"]);
    });
  });
});

describe("the chain of journals", () => {
  const entry: Entry = {
    account: "team",
    teamId: "a",
    costCenter: "cc-a",
    source: "",
    category: "cpu",
    basis: "direct",
    pool: "",
    method: "",
    reason: "",
    cents: 5n,
  };
  const draft: JournalDraft = {
    kind: "correction",
    billingPeriod: parseBillingPeriod("2026-11"),
    correctsPeriod: parseBillingPeriod("2026-10"),
    preparedBy: "ann",
    approvedBy: "bob",
    reason: "restated",
    evidence: "{}",
    entries: [entry, { ...entry, account: "clearing", teamId: "", costCenter: "", source: "s3", cents: -5n }],
  };
  const previous = { seq: 41n, hash: "f".repeat(64) };
  const postedAt = new Date("2026-11-03T04:05:06.789Z");
  const posted = (): Journal => chain(draft, previous, postedAt);

  it("gives a draft the next number, the time, the hash before it and one of its own", () => {
    const { hash, ...unsigned } = posted();
    expect(unsigned).toEqual({
      ...draft,
      seq: 42n,
      postedAt: "2026-11-03T04:05:06.789Z",
      previousHash: previous.hash,
    });
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf(unsigned)).toBe(hash);
    expect(journalIdOf(posted())).toBe(hash.slice(0, 32));
  });

  it("has a hash that says all of it, and does not depend on the order of fields", () => {
    // Journals that are posted keep their hashes: this one must never change.
    expect(posted().hash).toBe("082f9bfee438620361b5a0508e1ee3cd61df3247f295e9bbcfe33043e0cd6daf");
    const { hash, ...unsigned } = posted();
    const others = [
      { ...unsigned, seq: 43n },
      { ...unsigned, reason: "restated again" },
      { ...unsigned, previousHash: "" },
      { ...unsigned, entries: [entry] },
      { ...unsigned, entries: unsigned.entries.map((each) => ({ ...each, cents: each.cents * 2n })) },
      { ...unsigned, entries: unsigned.entries.map((each) => ({ ...each, pool: "mlflow" })) },
    ];
    expect(new Set([hash, ...others.map(hashOf)]).size).toBe(others.length + 1);
    expect(hashOf(Object.fromEntries(Object.entries(unsigned).toReversed()) as typeof unsigned)).toBe(hash);
  });

  it("takes no journal whose debits are not its credits", () => {
    const prove = () => chain({ ...draft, entries: [entry] }, previous, postedAt);
    expect(prove).toThrow(UnbalancedError);
    expect(prove).toThrow("The debits of the journal exceed its credits by 5 cents");
    expect(new UnbalancedError("x").code).toBe("UNBALANCED");
  });

  it("counts as charged what is not cleared", () => {
    expect(chargedBy(posted())).toBe(5n);
    expect(
      chargedBy({ entries: [entry, { ...entry, account: "idle" }, { ...entry, account: "clearing" }] }),
    ).toBe(10n);
  });
});
