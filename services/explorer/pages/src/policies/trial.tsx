import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { centsOf, changeInPercent, grouped } from "../data/amounts.js";
import { post } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { changed, go, usePlace } from "../data/place.js";
import type { Policies, Simulation } from "../data/shapes.js";
import { CopyButton } from "../parts/copy-button.js";
import { Difference, WhyAmount } from "../parts/amount.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Answered } from "../parts/states.js";

/** How long nobody types before it is computed. */
const PAUSE_MS = 400;

/** Other policies, and who would win and who lose in the month; nothing is written, and the text is what the configuration would get. */
export function Trial({ pools }: { readonly pools: Policies["pools"] }) {
  const { month } = useFrame();
  const place = usePlace();
  const given = place.params.get("try") ?? "";
  // What is typed holds until the address says something else: somebody pressed "evenly", or went back.
  const [draft, setDraft] = useState({ given, text: given });
  const text = draft.given === given ? draft.text : given;
  useEffect(() => {
    if (text === given) return;
    const later = setTimeout(
      () => go(changed(place, { try: text === "" ? undefined : text }), { replace: true }),
      PAUSE_MS,
    );
    return () => clearTimeout(later);
  }, [text, given, place]);
  const name = monthText(month.month as BillingPeriod);
  const answer = useQuery<Simulation>({
    queryKey: ["simulation", month.month, given],
    queryFn: ({ signal }) =>
      post<Simulation>("/simulations", { month: month.month, policies: given }, signal),
    enabled: given.trim() !== "",
    refetchInterval: false,
    // While somebody types; of another month it would stand under this one's name.
    placeholderData: (before, of) => (of?.queryKey[1] === month.month ? before : undefined),
  });
  return (
    <section className="card" aria-labelledby="trial">
      <h2 id="trial">{`What ${name} would have been by other rules`}</h2>
      <p className="quiet" id="trial-help">
        {`Write policies as the configuration has them; what they would do is computed as you type, for all that somebody pays: services use each other, so what one pool is split by moves the cost of others too. Nothing is changed by it. Pools: ${pools.map(({ pool }) => pool).join(", ")}.`}
      </p>
      <textarea
        className="editor"
        aria-label="Policies in YAML"
        aria-describedby="trial-help"
        spellCheck={false}
        rows={8}
        placeholder={"allocation:\n  policies:\n    - pool: mlflow\n      methods:\n        - kind: even"}
        value={text}
        onChange={({ target }) => setDraft({ given, text: target.value })}
      />
      {given.trim() !== "" && (
        <>
          <div className="row">
            <CopyButton text={given}>Copy the YAML for apportion.yaml</CopyButton>
          </div>
          <Answered of={answer} computing={`${name} by these rules`}>
            {(simulation) => <Outcome of={simulation} />}
          </Answered>
        </>
      )}
    </section>
  );
}

type Row = Simulation["teams"][number];
type Moved = Simulation["moved"][number];

function Outcome({ of }: { readonly of: Simulation }) {
  const {
    teamName,
    currency,
    month: { month },
  } = useFrame();
  const { teams, replaced, days, total, idle, corporate, unallocated } = of;
  const rows = useMemo(
    (): Row[] => [
      ...teams,
      ...Object.entries({ idle, corporate, unallocated }).flatMap(([team, pair]) =>
        pair ? [{ team, ...pair }] : [],
      ),
    ],
    [teams, idle, corporate, unallocated],
  );
  const columns = useMemo((): Column<Row>[] => {
    const amount = (id: "now" | "simulated", head: string): Column<Row> => ({
      id,
      head: `${head}, ${currency}`,
      of: "number",
      value: (row) => centsOf(row[id]),
      show: (row) =>
        id === "now" ? (
          <WhyAmount of={row.now} why={{ team: row.team, month }} label={teamName(row.team)} />
        ) : (
          grouped(row.simulated)
        ),
      ...(total && { foot: grouped(total[id]) }),
    });
    return [
      { id: "team", head: "Who pays", of: "text", value: ({ team }) => teamName(team), foot: "All" },
      amount("now", "As it is"),
      amount("simulated", "By these rules"),
      {
        id: "difference",
        head: `Difference, ${currency}`,
        of: "number",
        value: ({ difference }) => centsOf(difference),
        show: ({ difference }) => <Difference of={difference} />,
        ...(total && { foot: <Difference of={total.difference} /> }),
      },
      {
        id: "percent",
        head: "In percent",
        of: "number",
        value: ({ now, difference }) =>
          centsOf(now) === 0n ? undefined : Number((centsOf(difference) * 10_000n) / centsOf(now)),
        show: ({ now, simulated }) => changeInPercent(centsOf(now), centsOf(simulated)) ?? "",
      },
    ];
  }, [currency, teamName, total, month]);
  const movedColumns = useMemo((): Column<Moved>[] => {
    const amount = (id: "more" | "less", head: string): Column<Moved> => ({
      id,
      head: `${head}, ${currency}`,
      of: "number",
      value: (row) => centsOf(row[id]),
      show: (row) => grouped(row[id]),
    });
    return [
      { id: "name", head: "What is paid for", of: "text", value: ({ name }) => name },
      amount("more", "Some pay more"),
      amount("less", "Others pay less"),
    ];
  }, [currency]);
  const lose = teams.filter(({ difference }) => centsOf(difference) > 0n).length;
  const win = teams.filter(({ difference }) => centsOf(difference) < 0n).length;
  return (
    <>
      <p>
        <strong>{`${win} teams pay less, ${lose} pay more, ${teams.length - win - lose} the same`}</strong>
        {` over ${days} days.`}
      </p>
      <ul className="bullets">
        {replaced.map(({ of: pool, before, after, from }) => (
          <li
            key={pool}
          >{`${pool}: ${before.join("; then ")}${from ? `; these rules hold only from ${from}` : ` → ${after.join("; then ")}`}`}</li>
        ))}
      </ul>
      <DataTable
        label="Who wins and who loses"
        columns={columns}
        rows={rows}
        idOf={({ team }) => team}
        sortedBy="difference"
      />
      {of.moved.length > 0 && (
        <>
          <h3>What moves between them</h3>
          <p className="quiet">
            Pools that the rules do not name are here where their shares follow from them.
          </p>
          <DataTable
            label="What moves between those who pay"
            columns={movedColumns}
            rows={of.moved}
            idOf={({ category, pool }) => `${category} ${pool}`}
            sortedBy="more"
          />
        </>
      )}
    </>
  );
}
