import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from "react";

export interface Column<Row> {
  readonly id: string;
  /** Heads of amounts have their currency. */
  readonly head: string;
  readonly of: "text" | "number";
  /** By what it is sorted; undefined is what is not known, and comes last. */
  readonly value: (row: Row) => string | bigint | number | undefined;
  readonly show?: (row: Row) => ReactNode;
  /** Below, what the column comes to. */
  readonly foot?: ReactNode;
}

type Value = string | bigint | number;

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
/** Rows that are all in the page; of more only those that are seen. */
const PLAIN_MAX = 200;
/** Of a row, and of a card with so many lines, until it is measured. */
const ROW_HEIGHT = 39;
const CARD_HEIGHT = 26;
const LINE_HEIGHT = 25;
/** Where tables become cards, as the styles say. */
const phones = globalThis.matchMedia("(max-width: 620px)");

/** Rows that can be sorted by each column, with sums below. Thousands of them are no slower than twenty. */
export function DataTable<Row extends object>({
  label,
  columns,
  rows,
  idOf,
  partsOf,
  sortedBy,
  asCards = false,
  inOrder,
}: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  /** What stands below a row that is open, in the same order; sums are of the rows alone. */
  readonly partsOf?: (row: Row) => readonly Row[] | undefined;
  /** Column by which it is sorted at first; the largest first, unless it is text. */
  readonly sortedBy?: string;
  /** On a phone each row is a card. */
  readonly asCards?: boolean;
  /** Gets the rows in the order in which they are shown. */
  readonly inOrder?: RefObject<readonly Row[]>;
}) {
  const [sorting, setSorting] = useState<SortingState>(() => {
    const by = columns.find(({ id }) => id === sortedBy);
    return by ? [{ id: by.id, desc: by.of === "number" }] : [];
  });
  const definitions = useMemo(
    () =>
      columns.map((column): ColumnDef<typeof features, Row> => ({
        id: column.id,
        accessorFn: column.value,
        sortUndefined: "last",
        sortDescFirst: column.of === "number",
        sortFn: (a, b, id) => compared(a.getValue<Value>(id), b.getValue<Value>(id)),
      })),
    [columns],
  );
  // Other parts make other rows.
  // oxlint-disable-next-line react-hooks/exhaustive-deps, react/memo-dependencies
  const data = useMemo(() => [...rows], [rows, partsOf]);
  const table = useTable({
    features,
    columns: definitions,
    data,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: (row: Row) => idOf(row),
    ...(partsOf && { getSubRows: partsOf }),
    enableSortingRemoval: false,
  });
  const { rows: outer } = table.getRowModel();
  const sorted = useMemo(() => outer.flatMap((row) => [row, ...row.subRows]), [outer]);
  useEffect(() => {
    if (inOrder) inOrder.current = sorted.map(({ original }) => original);
  }, [inOrder, sorted]);
  const scrolled = useRef<HTMLElement>(null);
  const isLong = sorted.length > PLAIN_MAX;
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scrolled.current,
    estimateSize: () => (asCards && phones.matches ? CARD_HEIGHT + columns.length * LINE_HEIGHT : ROW_HEIGHT),
    overscan: 12,
    enabled: isLong,
  });
  const items = virtual.getVirtualItems();
  const shown = isLong ? items.flatMap(({ index }) => sorted[index] ?? []) : sorted;
  const above = isLong ? (items[0]?.start ?? 0) : 0;
  const below = isLong ? virtual.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  const hasFoot = columns.some(({ foot }) => foot !== undefined);
  return (
    // A region that scrolls takes the focus, or nobody could scroll it by keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={tableClass(isLong, asCards)} aria-label={label} tabIndex={0} ref={scrolled}>
      <table aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <SortableHead
                key={column.id}
                column={column}
                sorted={table.getColumn(column.id)?.getIsSorted() ?? false}
                onSort={() => table.getColumn(column.id)?.toggleSorting()}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          <Space height={above} />
          {shown.map(({ id, original, depth }, place) => (
            <tr
              key={id}
              className={depth > 0 ? "part" : undefined}
              {...(isLong && rowOf(items[place]?.index ?? 0, virtual.measureElement))}
            >
              {columns.map((column, at) => (
                <TableCell key={column.id} column={column} row={original} isHead={at === 0} />
              ))}
            </tr>
          ))}
          <Space height={below} />
        </tbody>
        {hasFoot && (
          <tfoot>
            <tr>
              {columns.map(({ id, head, of, foot }) => (
                <td key={id} className={of === "number" ? "number" : undefined} data-head={head}>
                  {foot}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </section>
  );
}

function tableClass(isLong: boolean, asCards: boolean): string {
  return `scroll-table${isLong ? " long" : ""}${asCards ? " as-cards" : ""}`;
}

/** Of a row of many its place, and how it is measured: on a phone rows are cards. */
function rowOf(index: number, measure: (row: Element | null) => void): object {
  return { "aria-rowindex": index + 2, "data-index": index, ref: measure };
}

/** Where rows are that nobody sees. */
function Space({ height }: { readonly height: number }) {
  return height > 0 ? <tr aria-hidden="true" style={{ height }} /> : null;
}

function compared(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") return a.localeCompare(b, "en", { numeric: true });
  return a < b ? -1 : a > b ? 1 : 0;
}

function SortableHead<Row>({
  column: { head, of },
  sorted,
  onSort,
}: {
  readonly column: Column<Row>;
  readonly sorted: "asc" | "desc" | false;
  readonly onSort: () => void;
}) {
  return (
    <th
      scope="col"
      className={of === "number" ? "number" : undefined}
      aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none"}
    >
      <button type="button" className="sort" onClick={onSort}>
        {head}
        <span aria-hidden="true" className="sort-mark">
          {sorted === "asc" ? "↑" : sorted === "desc" ? "↓" : "↕"}
        </span>
      </button>
    </th>
  );
}

function TableCell<Row>({
  column: { head, of, show, value },
  row,
  isHead,
}: {
  readonly column: Column<Row>;
  readonly row: Row;
  readonly isHead: boolean;
}) {
  const shown = show ? show(row) : String(value(row) ?? "");
  return isHead ? (
    <th scope="row">{shown}</th>
  ) : (
    <td className={of === "number" ? "number" : undefined} data-head={head}>
      {shown}
    </td>
  );
}
