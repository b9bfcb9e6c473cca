import { useCallback, useMemo, useRef } from "react";
import { decimalOfCents } from "@apportion/domain/cents";
import { addDays, type Day, daysBetween } from "@apportion/domain/period";
import { dayText } from "@apportion/reports/format";
import { ChartFigure } from "../charts/chart.js";
import { TilesFigure } from "../charts/tiles.js";
import { changeInPercent, centsOf, grouped, signed } from "../data/amounts.js";
import { useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { changed, go, toPage, usePlace } from "../data/place.js";
import type { Costs } from "../data/shapes.js";
import { CopyButton } from "../parts/copy-button.js";
import { download } from "../parts/download.js";
import { Link } from "../parts/link.js";
import { Answered, Empty } from "../parts/states.js";
import { chartOf, piecesOf } from "./chart-of.js";
import { Controls, Filters } from "./controls.js";
import { GroupTable } from "./group-table.js";
import { costsPath } from "./parts.js";
import { drillOf, scopeIn, scopeOf } from "./reason.js";
import { type ExploredRow, fileOf, groupRows } from "./rows.js";
import { SavedViews } from "./saved-views.js";
import { tilesOf } from "./tiles-of.js";
import { describedFilter, valueName } from "./value-name.js";
import { DIMENSION_NAMES, intoNames, nextDimension, type Shape, type View, viewOf } from "./view.js";

/** Costs in any grouping: the address is the view. */
export default function Explore() {
  const frame = useFrame();
  const { params } = usePlace();
  const asked = params.toString();
  const view = useMemo(() => viewOf(new URLSearchParams(asked), frame), [asked, frame]);
  const groupBy = view.group.join(",");
  const now = useAnswer<Costs>(costsPath(view, { groupBy, step: undefined }));
  const before = useAnswer<Costs>(
    view.compared && costsPath(scopeIn(view.compared, view), { groupBy, step: undefined }),
  );
  const shape = view.step === "total" || view.shape === "tiles" ? undefined : view.shape;
  const pieces = useAnswer<Costs>(
    shape ? costsPath(view, { groupBy: view.group[0] ?? "", step: view.step }) : undefined,
  );
  const names = view.group.map((each) => DIMENSION_NAMES[each].toLowerCase()).join(" and ");
  return (
    <>
      <header className="headline">
        <p className="kicker">{`${periodText(view)}, by ${names}`}</p>
        <h1>Explore</h1>
      </header>
      <section className="card" aria-label="What is looked at">
        <Controls view={view} />
        <Filters view={view} />
        <SavedViews />
      </section>
      {shape && (
        <section className="card">
          <Answered of={pieces} computing="the chart">
            {(costs) => <PiecesChart costs={costs} view={view} shape={shape} />}
          </Answered>
        </section>
      )}
      <Answered of={now} computing={`costs by ${names}`}>
        {(costs) =>
          view.compared ? (
            <Answered of={before} computing="what it is compared with">
              {(then) => <Table view={view} costs={costs} before={then} />}
            </Answered>
          ) : (
            <Table view={view} costs={costs} before={undefined} />
          )
        }
      </Answered>
    </>
  );
}

/** Both days are in it. */
function periodText({ from, to }: { readonly from: Day; readonly to: Day }): string {
  return `${dayText(from)} to ${dayText(addDays(to, -1))}, UTC`;
}

/** The picture; a bar of a day leads to that day of that group. */
function PiecesChart({
  costs,
  view,
  shape,
}: {
  readonly costs: Costs;
  readonly view: View;
  readonly shape: Exclude<Shape, "tiles">;
}) {
  const { teamName, currency } = useFrame();
  const place = usePlace();
  const [first] = view.group;
  const chart = useMemo(
    () =>
      chartOf(costs, {
        title: `Costs ${first ? `by ${DIMENSION_NAMES[first].toLowerCase()} ` : ""}from ${periodText(view)}`,
        shape,
        nameOf: (value) => (first ? valueName(first, value, teamName) : "All"),
      }),
    [costs, view, shape, first, teamName],
  );
  const pick = (at: number, name: string): void => {
    const day = piecesOf(costs)[at];
    if (day === undefined || costs.step !== "day" || !first) return;
    const value = costs.rows
      .map(({ values: [of = ""] }) => of)
      .find((of) => valueName(first, of, teamName) === name);
    go(
      changed(place, {
        from: day,
        to: day,
        step: "total",
        ...(value !== undefined && { [first]: [value], group: nextDimension(view) ?? first }),
      }),
    );
  };
  return <ChartFigure chart={chart} currency={currency} onPick={pick} />;
}

function Table({
  view,
  costs,
  before,
}: {
  readonly view: View;
  readonly costs: Costs;
  readonly before: Costs | undefined;
}) {
  const { teamName, currency } = useFrame();
  const place = usePlace();
  const onScreen = useRef<readonly ExploredRow[]>([]);
  const rows = useMemo(
    () =>
      groupRows(costs, before).map((row): ExploredRow => ({
        ...row,
        names: row.values.map((value, at) => valueName(view.group[at] ?? "team", value, teamName)),
        ...scopesOf(view, row.values),
        isPart: false,
        isComputed: true,
      })),
    [costs, before, view, teamName],
  );
  if (rows.length === 0)
    return (
      <Empty title="Nothing was charged like that">
        No day from {periodText(view)} has costs that pass all filters. Take a filter away, or look at another
        period.
      </Empty>
    );
  const isCompared = before !== undefined;
  const file = (separator: string): string =>
    fileOf(describedView(view, costs, { currency, teamName }), {
      heads: [
        ...view.group.map((each) => DIMENSION_NAMES[each]),
        `Amount, ${currency}`,
        ...(isCompared ? [`Before, ${currency}`, `Difference, ${currency}`] : []),
      ],
      rows: onScreen.current.filter(({ isComputed }) => isComputed),
      isCompared,
      partHeads: [`Of it, by ${intoNames(view)[view.into] ?? view.into}`, `Of it, ${currency}`],
      separator,
    });
  const total = centsOf(costs.total.amount);
  const then = before && centsOf(before.total.amount);
  const unread =
    before && view.compared
      ? daysBetween(view.compared.from, view.compared.to).length - before.completeness.days
      : 0;
  return (
    <>
      {view.shape === "tiles" && <Tiles view={view} rows={rows} />}
      <section className="card" aria-label="Table">
        <div className="row">
          <p className="sum">
            <strong>{`${currency} ${grouped(costs.total.amount)}`}</strong>
            {then !== undefined && view.compared && (
              <span className="quiet">{` ${signed(decimalOfCents(total - then))} (${changeInPercent(then, total) ?? "nothing before"}) against ${periodText(view.compared)}`}</span>
            )}
          </p>
          <span className="grow" />
          <CopyButton text={() => file("\t")}>Copy for a spreadsheet</CopyButton>
          <button type="button" className="quiet-button" onClick={() => saveFile(file(","), view.from)}>
            CSV
          </button>
        </div>
        <Completeness of={costs.completeness} />
        {isCompared && costs.completeness.incomplete.length > 0 && (
          <p className="quiet">Days that are not complete are compared as far as they are known.</p>
        )}
        {unread > 0 && view.compared && (
          <p className="quiet">
            {`Of ${periodText(view.compared)} ${unread} ${unread === 1 ? "day has" : "days have"} no costs yet: part of the difference is days that are missing. `}
            <Link to={toPage(place, "/changes")}>What changed</Link> compares the days that both months have.
          </p>
        )}
        <GroupTable view={view} rows={rows} costs={costs} before={before} onScreen={onScreen} />
      </section>
    </>
  );
}

function scopesOf(view: View, values: readonly string[]): Pick<ExploredRow, "scope" | "scopeBefore"> {
  const named = view.group.map((name, at) => [name, values[at] ?? ""] as const);
  const scope = scopeOf(view, named);
  return { scope, scopeBefore: view.compared && scopeIn(view.compared, scope) };
}

/** The groups as areas; one leads to what it is made of, as its name in the table does. */
function Tiles({ view, rows }: { readonly view: View; readonly rows: readonly ExploredRow[] }) {
  const { currency } = useFrame();
  const place = usePlace();
  const groups = useMemo(() => tilesOf(rows, view.group), [rows, view.group]);
  const left = rows.filter(({ cents }) => cents < 0n);
  const names = view.group.map((each) => DIMENSION_NAMES[each].toLowerCase()).join(" and ");
  const pick = useCallback(
    (key: string) => {
      const row = rows.find((each) => each.key === key);
      if (row) go(drillOf(place, view, row.scope).to);
    },
    [rows, place, view],
  );
  return (
    <section className="card">
      <TilesFigure
        title={`Costs by ${names} from ${periodText(view)}`}
        says={`${rows.length} groups; the table below has them.`}
        groups={groups}
        currency={currency}
        onPick={pick}
      />
      {left.length > 0 && (
        <p className="quiet">
          {`Areas cannot show credits: ${left.length === 1 ? "1 group is" : `${left.length} groups are`} below zero, and in the table alone.`}
        </p>
      )}
    </section>
  );
}

function Completeness({
  of: { days, incomplete, missing, provisional },
}: {
  readonly of: Costs["completeness"];
}) {
  if (!provisional) return <p className="quiet">All of it is posted.</p>;
  const waiting =
    missing.length > 0
      ? ` They wait for ${missing.slice(0, 3).join(", ")}${missing.length > 3 ? ", …" : ""}.`
      : "";
  return (
    <p className="quiet">
      {incomplete.length === 0
        ? `Provisional: ${days} days, all complete, of a month that is not closed.`
        : `Provisional: ${incomplete.length} of ${days} days are not complete.${waiting}`}
    </p>
  );
}

/** What is in a file, as its first lines say. */
function describedView(
  view: View,
  { completeness }: Costs,
  { currency, teamName }: { readonly currency: string; readonly teamName: (id: string) => string },
): (readonly [string, string])[] {
  return [
    ["Costs", "Apportion"],
    ["Period, UTC", `${view.from} to ${addDays(view.to, -1)}, both included`],
    ...(view.compared
      ? [
          [
            "Compared with",
            `${view.compared.from} to ${addDays(view.compared.to, -1)}, both included`,
          ] as const,
        ]
      : []),
    ["Unit", currency],
    ["Grouped by", view.group.map((each) => DIMENSION_NAMES[each]).join(", ")],
    [
      "Filters",
      view.filters
        .flatMap(([name, values]) => values.map((value) => describedFilter([name, value], teamName)))
        .join("; ") || "none",
    ],
    [
      "Completeness",
      `${completeness.days} days, ${completeness.incomplete.length} incomplete; ${completeness.provisional ? "provisional" : "posted"}`,
    ],
    ["Address", location.href],
  ];
}

function saveFile(text: string, from: string): void {
  // Spreadsheets take a file for UTF-8 if it says so.
  download(new Blob(["\uFEFF", text], { type: "text/csv" }), `costs-${from}.csv`);
}
