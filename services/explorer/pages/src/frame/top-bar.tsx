import { Popover } from "radix-ui";
import { useState } from "react";
import { dayText, monthText } from "@apportion/reports/format";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { useFrame } from "../data/frame.js";
import { changed, go, toPage, usePlace } from "../data/place.js";
import type { KnownMonth } from "../data/shapes.js";
import { Link } from "../parts/link.js";
import { openFinder } from "./keys.js";
import { PageLinks } from "./rail.js";

/** Pages where another month than the one before can be compared with. */
const COMPARING = ["/changes", "/explore"];

/** Which month, compared with which, how fresh it is, and who looks. */
export function TopBar() {
  const { month, before, months, me } = useFrame();
  const place = usePlace();
  return (
    <header className="top-bar">
      <Menu />
      <div className="pickers">
        <MonthPicker
          label="Month"
          of={months}
          value={month.month}
          onPick={(picked) => go(changed(place, { month: picked, before: undefined, why: undefined }))}
        />
        {before && COMPARING.includes(place.path) && (
          <MonthPicker
            label="compared with"
            of={months.filter((each) => each !== month)}
            value={before.month}
            onPick={(picked) => go(changed(place, { before: picked }))}
          />
        )}
      </div>
      <Link className="chip" to={toPage(place, "/readings")} title="How complete the month is, day by day">
        <span className={`dot ${freshness(month).tone}`} aria-hidden="true" />
        {freshness(month).says}
      </Link>
      <span className="grow" />
      <button type="button" className="quiet-button find" onClick={openFinder}>
        Find a team <kbd>/</kbd>
      </button>
      <span className="who" title={me.access}>
        {me.name}
      </span>
      {me.signOut !== undefined && (
        <form method="post" action={me.signOut}>
          <button type="submit" className="quiet-button">
            Sign out
          </button>
        </form>
      )}
    </header>
  );
}

/** How fresh and how complete a month is, in a few words. */
function freshness({ state, lastDay, days, incompleteDays }: KnownMonth): { says: string; tone: string } {
  if (state === "closed") return { says: "Closed: amounts are posted", tone: "good" };
  const to = `To ${dayText(lastDay as Day)}`;
  return incompleteDays === 0
    ? { says: `${to}, ${days} days complete, not closed`, tone: "good" }
    : { says: `${to}, ${incompleteDays} of ${days} days incomplete`, tone: "watch" };
}

function MonthPicker({
  label,
  of,
  value,
  onPick,
}: {
  readonly label: string;
  readonly of: readonly KnownMonth[];
  readonly value: string;
  readonly onPick: (month: string) => void;
}) {
  return (
    <label className="picker">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => onPick(target.value)}>
        {of.toReversed().map(({ month }) => (
          <option key={month} value={month}>
            {monthText(month as BillingPeriod)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The rail, where there is no room for one. */
function Menu() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className="quiet-button menu-button">Menu</Popover.Trigger>
      <Popover.Content className="menu" align="start" sideOffset={6}>
        <nav aria-label="Pages">
          <PageLinks onFollow={() => setOpen(false)} />
        </nav>
      </Popover.Content>
    </Popover.Root>
  );
}
