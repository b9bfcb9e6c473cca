import type { BillingPeriod, Day } from "@apportion/domain/period";
import { daysOf } from "@apportion/domain/period";
import { dayText, monthText } from "@apportion/reports/format";
import { query, useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import type { Quarantined, Readings as Answer } from "../data/shapes.js";
import { Answered, Empty } from "../parts/states.js";
import { ScrollTable } from "../parts/scroll-table.js";
import { Quarantine } from "./quarantine.js";

type Reading = Answer["readings"][number];
type Status = Reading["status"] | "held";

/** A letter beside the colour, because colours alone say nothing to some. */
const STATES: Readonly<Record<Status, { readonly mark: string; readonly says: string }>> = {
  final: { mark: "✓", says: "final: it changes no more" },
  provisional: { mark: "~", says: "provisional: its source can still restate it" },
  stale: { mark: "!", says: "stale: read longer ago than it should be" },
  missing: { mark: "×", says: "missing: the day waits for it" },
  held: {
    mark: "?",
    says: "held back: a later reading waits for two people, below; until then the one before counts",
  },
};

/** How complete a month is, day by day and source by source, and what is held back. */
export default function Readings() {
  const { month, me } = useFrame();
  const name = monthText(month.month as BillingPeriod);
  const answer = useAnswer<Answer>(`/months/${month.month}/readings`);
  const held = useAnswer<Quarantined>(`/quarantine${query({ all: "true" })}`);
  return (
    <>
      <header className="headline">
        <p className="kicker">{name}</p>
        <h1>Readings</h1>
      </header>
      <section className="card" aria-labelledby="calendar">
        <h2 id="calendar">{`What was read for each day of ${name}`}</h2>
        <Answered of={answer} computing="how complete the readings are">
          {({ readings }) =>
            readings.length === 0 ? (
              <Empty title="No reading is expected">
                No day of this month began, or no source is configured for it.
              </Empty>
            ) : (
              <Calendar
                of={readings.map((each) => ({
                  ...each,
                  status: isHeld(each, held.data) ? "held" : each.status,
                }))}
                month={month.month as BillingPeriod}
                today={me.today}
              />
            )
          }
        </Answered>
      </section>
      <section className="card" aria-labelledby="held">
        <h2 id="held">Readings that are held back</h2>
        <Answered of={held} computing="what is held back">
          {(found) => <Quarantine of={found} />}
        </Answered>
      </section>
    </>
  );
}

/** Whether another reading of the same day waits for a decision. */
function isHeld({ day, dataset, source, scope }: Reading, held: Quarantined | undefined): boolean {
  return (held?.readings ?? []).some(
    (each) =>
      each.isPending &&
      each.day === day &&
      each.dataset === dataset &&
      each.source === source &&
      each.scope === scope,
  );
}

type Shown = Omit<Reading, "status"> & { readonly status: Status };

function Calendar({
  of,
  month,
  today,
}: {
  readonly of: readonly Shown[];
  readonly month: BillingPeriod;
  readonly today: string;
}) {
  const days = daysOf(month);
  const sources = new Map<string, Map<string, Shown>>();
  for (const reading of of) {
    const key = `${reading.dataset} of ${reading.source}, ${reading.scope}`;
    const its = sources.get(key) ?? new Map<string, Shown>();
    its.set(reading.day, reading);
    sources.set(key, its);
  }
  const counts = new Map<Status, number>();
  for (const { status } of of) counts.set(status, (counts.get(status) ?? 0) + 1);
  return (
    <>
      <ul className="legend">
        {(Object.keys(STATES) as Status[]).map((status) => (
          <li key={status}>
            <span className={`cell ${status}`} aria-hidden="true">
              {STATES[status].mark}
            </span>{" "}
            {`${counts.get(status) ?? 0} ${STATES[status].says}`}
          </li>
        ))}
      </ul>
      <ScrollTable label="Calendar of readings" className="calendar">
        <thead>
          <tr>
            <th scope="col">Reading</th>
            {days.map((day) => (
              <th key={day} scope="col" className={day === today ? "today" : undefined}>
                <span className="unseen">{dayText(day)}</span>
                <span aria-hidden="true">{Number(day.slice(8))}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from(sources, ([source, its]) => (
            <tr key={source}>
              <th scope="row">{source}</th>
              {days.map((day) => (
                <td key={day}>
                  <DayCell of={its.get(day)} day={day} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </ScrollTable>
      <p className="quiet">
        Days are UTC. An empty place is a day of which nothing is expected, or that has not begun.
      </p>
    </>
  );
}

function DayCell({ of, day }: { readonly of: Shown | undefined; readonly day: Day }) {
  if (!of) return null;
  const { mark, says } = STATES[of.status];
  const age = of.ageHours === null ? "" : `, read ${of.ageHours} hours ago`;
  return (
    <span className={`cell ${of.status}`} title={`${dayText(day)}: ${says}${age}`}>
      <span aria-hidden="true">{mark}</span>
      <span className="unseen">{of.status}</span>
    </span>
  );
}
