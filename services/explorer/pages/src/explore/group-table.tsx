import { type RefObject, useCallback, useMemo } from "react";
import { decimalOfCents } from "@apportion/domain/cents";
import { changeInPercent, centsOf, grouped, signed } from "../data/amounts.js";
import { useFrame } from "../data/frame.js";
import { percentOf } from "../data/percent.js";
import { type Place, usePlace } from "../data/place.js";
import type { Costs } from "../data/shapes.js";
import { changesOf, Difference, ReasonAmount } from "../parts/amount.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Link } from "../parts/link.js";
import { OpenButton } from "../parts/open-button.js";
import { useParts } from "./parts.js";
import { drillOf, reasonOf } from "./reason.js";
import type { ExploredRow } from "./rows.js";
import { DIMENSION_NAMES, intoNames, nextDimension, type View } from "./view.js";

/** The groups with their sums; a name drills down, an arrow opens the row in its place, and an amount says where it comes from. */
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
  const { currency, teamName } = useFrame();
  const place = usePlace();
  const parts = useParts(view, rows, teamName);
  const partsOf = useCallback(({ key }: ExploredRow) => parts.get(key), [parts]);
  const columns = useMemo((): Column<ExploredRow>[] => {
    const total = centsOf(costs.total.amount);
    return [
      ...view.group.map((name, at): Column<ExploredRow> => ({
        id: name,
        head: DIMENSION_NAMES[name],
        of: "text",
        value: ({ names }) => names[at] ?? "",
        show: (row) => (at === 0 ? <RowName view={view} row={row} /> : (row.names[at] ?? "")),
        ...(at === 0 && { foot: `Sum of ${rows.length}` }),
      })),
      {
        id: "amount",
        head: `Amount, ${currency}`,
        of: "number",
        value: ({ cents }) => cents,
        show: (row) =>
          row.isComputed ? (
            <ReasonAmount
              of={decimalOfCents(row.cents)}
              reason={reasonOf(place, view, row)}
              label={row.names.join(", ")}
            />
          ) : (
            ""
          ),
        foot: grouped(costs.total.amount),
      },
      {
        id: "share",
        head: "Share",
        of: "number",
        value: ({ cents }) => cents,
        show: ({ cents, isComputed }) => (isComputed ? shareText(cents, total) : ""),
      },
      ...(before ? comparedColumns(costs, before, { view, place, currency }) : []),
    ];
  }, [view, rows.length, costs, before, currency, place]);
  return (
    <DataTable
      key={view.group.join()}
      label="Costs by group"
      columns={columns}
      rows={rows}
      idOf={({ key }) => key}
      partsOf={partsOf}
      sortedBy="amount"
      asCards
      inOrder={onScreen}
    />
  );
}

/** Of a group, what opens it and what leads to it alone; parts have their name. */
function RowName({ view, row }: { readonly view: View; readonly row: ExploredRow }) {
  const place = usePlace();
  const { key, names, scope, isPart, isComputed } = row;
  const [name = ""] = names;
  if (!isComputed) return <output className="quiet">{name}</output>;
  const isWorkload = scope.filters.some(([each]) => each === "workload");
  const isDeeper =
    !isWorkload && nextDimension({ group: [], filters: scope.filters as View["filters"] }) !== undefined;
  const { to, by } = drillOf(place, view, scope);
  const link = isDeeper ? (
    <Link to={to} title={`Only this, by ${by}`}>
      {name}
    </Link>
  ) : (
    name
  );
  if (isPart) return link;
  return (
    <span className="opens">
      <OpenButton row={key} label={`${names.join(", ")}: ${intoNames(view)[view.into] ?? view.into}`} />
      {link}
    </span>
  );
}

function comparedColumns(
  costs: Costs,
  before: Costs,
  { view, place, currency }: { readonly view: View; readonly place: Place; readonly currency: string },
): Column<ExploredRow>[] {
  const difference = centsOf(costs.total.amount) - centsOf(before.total.amount);
  return [
    {
      id: "before",
      head: `Before, ${currency}`,
      of: "number",
      value: ({ before: was }) => was,
      show: ({ before: was, scopeBefore, key, isPart, names }) =>
        was === undefined || !scopeBefore ? (
          ""
        ) : (
          <ReasonAmount
            of={decimalOfCents(was)}
            reason={reasonOf(place, view, { scope: scopeBefore, key, isPart })}
            label={`${names.join(", ")}, before`}
          />
        ),
      foot: grouped(before.total.amount),
    },
    {
      id: "difference",
      head: `Difference, ${currency}`,
      of: "number",
      value: ({ cents, before: was }) => (was === undefined ? undefined : cents - was),
      show: (row) => <RowDifference view={view} row={row} />,
      foot: signed(decimalOfCents(difference)),
    },
    {
      id: "percent",
      head: "In percent",
      of: "number",
      value: ({ cents, before: was = 0n }) =>
        was === 0n ? undefined : Number(((cents - was) * 1000n) / (was < 0n ? -was : was)),
      show: ({ cents, before: was }) =>
        was === undefined ? "" : (changeInPercent(was, cents) ?? (cents === 0n ? "" : "new")),
    },
  ];
}

/** Of a payer between two months, what differs is told apart on its page of changes. */
function RowDifference({
  view,
  row: { cents, before, scope, names },
}: {
  readonly view: View;
  readonly row: ExploredRow;
}) {
  const place = usePlace();
  if (before === undefined) return "";
  const payers = scope.filters.find(([name]) => name === "team")?.[1] ?? [];
  const [payer] = payers;
  const of = decimalOfCents(cents - before);
  return view.isMonth && payer !== undefined && payers.length === 1 ? (
    <Difference of={of} reason={changesOf(place, payer)} label={names.join(", ")} />
  ) : (
    <Difference of={of} />
  );
}

function shareText(cents: bigint, total: bigint): string {
  const percent = percentOf(cents, total);
  if (percent === undefined) return "";
  return percent === 0 && cents !== 0n ? "<1 %" : `${percent} %`;
}
