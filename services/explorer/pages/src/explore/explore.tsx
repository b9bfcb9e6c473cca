import { useMemo, useRef } from "react";
import { decimalOfCents } from "@apportion/domain/cents";
import { addDays, type Day } from "@apportion/domain/period";
import { dayText } from "@apportion/reports/format";
import { ChartFigure } from "../charts/chart.js";
import { changeInPercent, centsOf, grouped, signed } from "../data/amounts.js";
import { query, useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { changed, go, usePlace } from "../data/place.js";
import type { Costs } from "../data/shapes.js";
import { CopyButton } from "../parts/copy-button.js";
import { download } from "../parts/download.js";
import { Answered, Empty } from "../parts/states.js";
import { chartOf, piecesOf } from "./chart-of.js";
import { Controls, Filters } from "./controls.js";
import { type ExploredRow, GroupTable } from "./group-table.js";
import { fileOf, groupRows } from "./rows.js";
import { SavedViews } from "./saved-views.js";
import { valueName } from "./value-name.js";
import { DIMENSION_NAMES, nextDimension, type View, viewOf } from "./view.js";

/** Costs in any grouping: the address is the view. */
export default function Explore() {
  const frame = useFrame();
  const { params } = usePlace();
  const asked = params.toString();
  const view = useMemo(() => viewOf(new URLSearchParams(asked), frame), [asked, frame]);
  const filters = Object.fromEntries(view.filters);
  const path = (
    days: { readonly from: string; readonly to: string },
    more: Readonly<Record<string, string>>,
  ): string => `/costs${query({ from: days.from, to: days.to, ...filters, ...more })}`;
  const groupBy = view.group.join(",");
  const now = useAnswer<Costs>(path(view, { groupBy }));
  const before = useAnswer<Costs>(view.compared && path(view.compared, { groupBy }));
  const pieces = useAnswer<Costs>(
    view.step === "total" ? undefined : path(view, { groupBy: view.group[0] ?? "", step: view.step }),
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
      {view.step !== "total" && (
        <section className="card">
          <Answered of={pieces} computing="the chart">
            {(costs) => <PiecesChart costs={costs} view={view} />}
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
function PiecesChart({ costs, view }: { readonly costs: Costs; readonly view: View }) {
  const { teamName, currency } = useFrame();
  const place = usePlace();
  const [first] = view.group;
  const chart = useMemo(
    () =>
      chartOf(costs, {
        title: `Costs ${first ? `by ${DIMENSION_NAMES[first].toLowerCase()} ` : ""}from ${periodText(view)}`,
        shape: view.shape,
        nameOf: (value) => (first ? valueName(first, value, teamName) : "All"),
      }),
    [costs, view, first, teamName],
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
  const onScreen = useRef<readonly ExploredRow[]>([]);
  const rows = useMemo(
    () =>
      groupRows(costs, before).map((row): ExploredRow => ({
        ...row,
        names: row.values.map((value, at) => valueName(view.group[at] ?? "team", value, teamName)),
      })),
    [costs, before, view.group, teamName],
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
      rows: onScreen.current,
      isCompared,
      separator,
    });
  const total = centsOf(costs.total.amount);
  const then = before && centsOf(before.total.amount);
  return (
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
      <GroupTable view={view} rows={rows} costs={costs} before={before} onScreen={onScreen} />
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
        .map(
          ([name, values]) =>
            `${DIMENSION_NAMES[name]}: ${values.map((value) => valueName(name, value, teamName)).join(", ")}`,
        )
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
