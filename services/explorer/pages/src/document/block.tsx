import { useMemo } from "react";
import type { Block, Chart, Note, Table } from "@apportion/reports/document/document";
import { ChartFigure } from "../charts/chart.js";
import { revived } from "../charts/revive.js";
import { centsOf, grouped, signed } from "../data/amounts.js";
import type { Json } from "../data/json.js";
import { CopyButton } from "../parts/copy-button.js";
import { Meter } from "../parts/meter.js";
import { ScrollTable } from "../parts/scroll-table.js";
import { Words } from "../parts/words.js";

type Shown = Json<Block>;

/** Blocks of a report as they stand in mails and on paper: the same words and the same amounts. */
export function Blocks({
  of,
  currency,
  depth = 2,
}: {
  readonly of: readonly Shown[];
  readonly currency: string;
  readonly depth?: 2 | 3;
}) {
  return of.map((block, at) => (
    // Blocks have no names but their places.
    // oxlint-disable-next-line react/no-array-index-key
    <OneBlock key={at} of={block} currency={currency} depth={depth} />
  ));
}

function OneBlock({
  of,
  currency,
  depth,
}: {
  readonly of: Shown;
  readonly currency: string;
  readonly depth: 2 | 3;
}) {
  switch (of.kind) {
    case "figure":
      return (
        <p className="figure">
          <strong>{of.amount}</strong> {of.beside}
        </p>
      );
    case "meter":
      return (
        <span className="large-meter">
          <Meter
            used={centsOf(of.used)}
            expected={centsOf(of.expected)}
            budget={centsOf(of.budget)}
            label={of.says}
          />
        </span>
      );
    case "note":
      return <NoteBlock of={of} />;
    case "paragraph":
      return (
        <p className={of.weight === "quiet" ? "quiet" : undefined}>
          {of.weight === "strong" ? <strong>{of.text}</strong> : <Words text={of.text} />}
        </p>
      );
    case "bullets":
      return (
        <ul className="bullets">
          {of.items.map((item) => (
            <li key={item}>
              <Words text={item} />
            </li>
          ))}
        </ul>
      );
    case "code":
      return <CodeBlock text={of.text} />;
    case "section":
      return (
        <section className={depth === 2 ? "card" : "inner-section"}>
          {depth === 2 ? <h2>{of.title}</h2> : <h3>{of.title}</h3>}
          <Blocks of={of.blocks} currency={currency} depth={3} />
        </section>
      );
    case "table":
      return <TableBlock of={of} currency={currency} />;
    case "chart":
      return <ChartBlock of={of} currency={currency} />;
  }
}

const TONES = { calm: "good", notice: "info", warning: "watch", danger: "bad" } as const;

function NoteBlock({ of: { tone, lines } }: { readonly of: Json<Note> }) {
  return (
    <div className={`note ${TONES[tone]}`}>
      {lines.map((line) => (
        <p key={line}>
          <Words text={line} />
        </p>
      ))}
    </div>
  );
}

export function CodeBlock({ text }: { readonly text: string }) {
  return (
    <div className="code-block">
      {/* A region that scrolls takes the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text}>Copy</CopyButton>
    </div>
  );
}

function ChartBlock({ of, currency }: { readonly of: Json<Chart>; readonly currency: string }) {
  const chart = useMemo(() => revived(of), [of]);
  return <ChartFigure chart={chart} currency={currency} />;
}

function TableBlock({
  of: { columns, rows, totals },
  currency,
}: {
  readonly of: Json<Table>;
  readonly currency: string;
}) {
  const label = columns.map(({ head }) => head).join(", ");
  return (
    <ScrollTable label={label}>
      <thead>
        <tr>
          {columns.map(({ head, of }) => (
            <th key={head} scope="col" className={of === "text" ? undefined : "number"}>
              {of === "amount" ? `${head}, ${currency}` : head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <Rows of={rows} columns={columns} />
      </tbody>
      {totals.length > 0 && (
        <tfoot>
          <Rows of={totals} columns={columns} />
        </tfoot>
      )}
    </ScrollTable>
  );
}

function Rows({
  of,
  columns,
}: {
  readonly of: Json<Table>["rows"];
  readonly columns: Json<Table>["columns"];
}) {
  return of.map(({ cells, tone }, row) => (
    // oxlint-disable-next-line react/no-array-index-key
    <tr key={row} className={tone ? `tone-${TONES[tone]}` : undefined}>
      {columns.map(({ head, of: kind }, at) => (
        <td key={head} className={kind === "text" ? undefined : "number"}>
          <CellText of={cells[at]} />
        </td>
      ))}
    </tr>
  ));
}

function CellText({ of }: { readonly of: Json<Table>["rows"][number]["cells"][number] | undefined }) {
  if (of === null || of === undefined) return "";
  if (typeof of === "string") return <Words text={of} />;
  return of.signed ? signed(of.cents) : grouped(of.cents);
}
