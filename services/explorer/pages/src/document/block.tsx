import { useMemo } from "react";
import type { Block, Chart, CostValues, Note, Table } from "@apportion/reports/document/document";
import { ChartFigure } from "../charts/chart.js";
import { revived } from "../charts/revive.js";
import { centsOf, grouped } from "../data/amounts.js";
import type { Json } from "../data/json.js";
import { usePlace } from "../data/place.js";
import { changesOf, Difference, WhyAmount } from "../parts/amount.js";
import { CopyButton } from "../parts/copy-button.js";
import { Meter } from "../parts/meter.js";
import { ScrollTable } from "../parts/scroll-table.js";
import { Words } from "../parts/words.js";
import type { Asked } from "../why/asked.js";

type Shown = Json<Block>;

/** Blocks of a report as they stand in mails and on paper: the same words and the same amounts. */
export function Blocks({ of, ...rest }: { readonly of: readonly Shown[] } & Around) {
  return of.map((block, at) => (
    // Blocks have no names but their places.
    // oxlint-disable-next-line react/no-array-index-key
    <OneBlock key={at} of={block} {...rest} />
  ));
}

interface Around {
  readonly currency: string;
  readonly depth?: 2 | 3;
  /** Of whose month it is: then its amounts lead to where they come from. */
  readonly statement?: Pick<Asked, "team" | "month">;
}

function OneBlock({ of, currency, depth = 2, statement }: { readonly of: Shown } & Around) {
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
          <Blocks of={of.blocks} currency={currency} depth={3} {...(statement && { statement })} />
        </section>
      );
    case "table":
      return <TableBlock of={of} currency={currency} statement={statement} />;
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
  statement,
}: {
  readonly of: Json<Table>;
  readonly currency: string;
  readonly statement: Around["statement"];
}) {
  const label = columns.map(({ head }) => head).join(", ");
  return (
    <ScrollTable label={label}>
      <thead>
        <tr>
          {columns.map(({ head, of }) => (
            <th key={head} scope="col" className={of === "text" ? undefined : "number"}>
              {of === "amount" ? `${head}, ${currency}` : head || <span className="unseen">In words</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <Rows of={rows} columns={columns} statement={statement} />
      </tbody>
      {totals.length > 0 && (
        <tfoot>
          <Rows of={totals} columns={columns} statement={statement} />
        </tfoot>
      )}
    </ScrollTable>
  );
}

function Rows({
  of,
  columns,
  statement,
}: {
  readonly of: Json<Table>["rows"];
  readonly columns: Json<Table>["columns"];
  readonly statement: Around["statement"];
}) {
  return of.map(({ cells, tone, costs }, row) => (
    // oxlint-disable-next-line react/no-array-index-key
    <tr key={row} className={tone ? `tone-${TONES[tone]}` : undefined}>
      {columns.map(({ head, of: kind }, at) => (
        <td key={head} className={kind === "text" ? undefined : "number"}>
          <CellText
            of={cells[at]}
            label={typeof cells[0] === "string" ? cells[0] : head}
            statement={statement}
            costs={costs ?? undefined}
          />
        </td>
      ))}
    </tr>
  ));
}

function CellText({
  of,
  label,
  statement,
  costs,
}: {
  readonly of: Json<Table>["rows"][number]["cells"][number] | undefined;
  /** Whose it is, for those who hear a link alone. */
  readonly label: string;
  readonly statement: Around["statement"];
  readonly costs: Json<CostValues> | undefined;
}) {
  const place = usePlace();
  if (of === null || of === undefined) return "";
  if (typeof of === "string") return <Words text={of} />;
  if (of.signed)
    return (
      <Difference
        of={of.cents}
        label={label}
        {...(statement && { reason: changesOf(place, statement.team) })}
      />
    );
  if (!statement || !costs) return grouped(of.cents);
  const values = Object.entries(costs).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  );
  return <WhyAmount of={of.cents} why={{ ...statement, of: values }} label={label} />;
}
