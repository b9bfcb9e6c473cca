import { type RefObject, useMemo } from "react";
import { decimalOfCents } from "@apportion/domain/cents";
import { changeInPercent, centsOf, grouped, signed } from "../data/amounts.js";
import { useFrame } from "../data/frame.js";
import { percentOf } from "../data/percent.js";
import { changed, usePlace } from "../data/place.js";
import type { Costs } from "../data/shapes.js";
import { WhyAmount } from "../parts/amount.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Link } from "../parts/link.js";
import type { GroupRow } from "./rows.js";
import { DIMENSION_NAMES, nextDimension, type View } from "./view.js";

export interface ExploredRow extends GroupRow {
  readonly names: readonly string[];
}

/** The groups with their sums; a name drills down, an amount of a statement says where it comes from. */
export function GroupTable({
  view,
  rows,
  costs,
  before,
  onScreen,
}: {
  readonly view: View;
  readonly rows: readonly ExploredRow[];
  readonly costs: Costs;
  readonly before: Costs | undefined;
  readonly onScreen: RefObject<readonly ExploredRow[]>;
}) {
  const { currency, month } = useFrame();
  const place = usePlace();
  const columns = useMemo((): Column<ExploredRow>[] => {
    const total = centsOf(costs.total.amount);
    const deeper = nextDimension(view);
    const drill = ({ values }: ExploredRow): string =>
      changed(place, {
        ...Object.fromEntries(view.group.map((name, at) => [name, [values[at] ?? ""]])),
        group: deeper ?? view.group.join(","),
        why: undefined,
      });
    const isTeamsMonth =
      view.isMonth &&
      view.group.length === 1 &&
      view.group[0] === "team" &&
      view.filters.every(([name]) => name === "team");
    return [
      ...view.group.map((name, at): Column<ExploredRow> => ({
        id: name,
        head: DIMENSION_NAMES[name],
        of: "text",
        value: ({ names }) => names[at],
        show: (row) =>
          at === 0 && deeper ? (
            <Link to={drill(row)} title={`Only this, by ${DIMENSION_NAMES[deeper].toLowerCase()}`}>
              {row.names[at]}
            </Link>
          ) : (
            row.names[at]
          ),
        ...(at === 0 && { foot: `Sum of ${rows.length}` }),
      })),
      {
        id: "amount",
        head: `Amount, ${currency}`,
        of: "number",
        value: ({ cents }) => cents,
        show: ({ cents, values: [team = ""], names }) =>
          isTeamsMonth ? (
            <WhyAmount
              of={decimalOfCents(cents)}
              why={{ team, month: month.month }}
              label={names.join(", ")}
            />
          ) : (
            grouped(decimalOfCents(cents))
          ),
        foot: grouped(costs.total.amount),
      },
      {
        id: "share",
        head: "Share",
        of: "number",
        value: ({ cents }) => cents,
        show: ({ cents }) => shareText(cents, total),
      },
      ...(before ? comparedColumns(costs, before, currency) : []),
    ];
  }, [view, rows.length, costs, before, currency, month.month, place]);
  return (
    <DataTable
      key={view.group.join()}
      label="Costs by group"
      columns={columns}
      rows={rows}
      idOf={({ key }) => key}
      sortedBy="amount"
      asCards
      inOrder={onScreen}
    />
  );
}

function comparedColumns(costs: Costs, before: Costs, currency: string): Column<ExploredRow>[] {
  const difference = centsOf(costs.total.amount) - centsOf(before.total.amount);
  return [
    {
      id: "before",
      head: `Before, ${currency}`,
      of: "number",
      value: ({ before: was }) => was,
      show: ({ before: was = 0n }) => grouped(decimalOfCents(was)),
      foot: grouped(before.total.amount),
    },
    {
      id: "difference",
      head: `Difference, ${currency}`,
      of: "number",
      value: ({ cents, before: was = 0n }) => cents - was,
      show: ({ cents, before: was = 0n }) => signed(decimalOfCents(cents - was)),
      foot: signed(decimalOfCents(difference)),
    },
    {
      id: "percent",
      head: "In percent",
      of: "number",
      value: ({ cents, before: was = 0n }) =>
        was === 0n ? undefined : Number(((cents - was) * 1000n) / (was < 0n ? -was : was)),
      show: ({ cents, before: was = 0n }) => changeInPercent(was, cents) ?? (cents === 0n ? "" : "new"),
    },
  ];
}

function shareText(cents: bigint, total: bigint): string {
  const percent = percentOf(cents, total);
  if (percent === undefined) return "";
  return percent === 0 && cents !== 0n ? "<1 %" : `${percent} %`;
}
