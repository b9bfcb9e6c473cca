import { changed, go, usePlace } from "../data/place.js";

/** Each open row may be a question of its own. */
export const OPEN_MAX = 20;

/** Opens a row in its place, and closes it: the address has the rows that are open. */
export function OpenButton({
  row,
  label,
}: {
  /** As the address names it. */
  readonly row: string;
  /** Whose, and to what it opens. */
  readonly label: string;
}) {
  const place = usePlace();
  const open = place.params.getAll("open");
  const isOpen = open.includes(row);
  const others = open.filter((each) => each !== row);
  return (
    <button
      type="button"
      className="toggle"
      aria-expanded={isOpen}
      aria-label={label}
      title={label}
      onClick={() => go(changed(place, { open: isOpen ? others : [...others.slice(1 - OPEN_MAX), row] }))}
    >
      <span aria-hidden="true">{isOpen ? "▾" : "▸"}</span>
    </button>
  );
}
