import { useMemo } from "react";
import { decimalOfCents } from "@apportion/domain/cents";
import { addDays, type BillingPeriod, type Day, firstDayOf } from "@apportion/domain/period";
import { KEPT_APART } from "@apportion/domain/statement";
import { dayText, monthText } from "@apportion/reports/format";
import { changeInPercent, centsOf, grouped, signed, sizeOf } from "../data/amounts.js";
import { query, useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { changed, toPage, usePlace } from "../data/place.js";
import type { Comparison } from "../data/shapes.js";
import { ChartFigure } from "../charts/chart.js";
import { changesOf, Difference, type Reason, ReasonAmount } from "../parts/amount.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Link } from "../parts/link.js";
import { Answered, Empty } from "../parts/states.js";
import { TeamPicker } from "../parts/team-picker.js";
import { EffectChip } from "./effect-chip.js";
import { PartsTable } from "./parts-table.js";
import { waterfallOf } from "./waterfall.js";

type Side = Pick<Comparison["total"], "before" | "after" | "difference" | "effects">;
type Payer = Comparison["payers"][number];

/** What differs between two months, and why: parts that add up to the difference, to the cent. */
export default function Changes() {
  const { month, before, everybody, teamName } = useFrame();
  const place = usePlace();
  const team = place.params.get("team") ?? undefined;
  const answer = useAnswer<Comparison>(
    before && `/compare${query({ before: before.month, after: month.month, team })}`,
  );
  if (!before)
    return (
      <Empty title="There is no month to compare with">
        {monthText(month.month as BillingPeriod)} is the first of which something is allocated.
      </Empty>
    );
  const who = team === undefined ? everybody : teamName(team);
  return (
    <>
      <header className="headline">
        <p className="kicker">{`${monthText(month.month as BillingPeriod)} against ${monthText(before.month as BillingPeriod)}`}</p>
        <h1>What changed for {who}</h1>
        <TeamPicker others={KEPT_APART} />
      </header>
      <Answered of={answer} computing={`the difference of ${who}, split into its parts`}>
        {(comparison) => <Compared of={comparison} team={team} />}
      </Answered>
    </>
  );
}

function Compared({ of, team }: { readonly of: Comparison; readonly team: string | undefined }) {
  const [first] = of.payers;
  const side: Side | undefined = team === undefined ? of.total : first;
  if (!side) return <Empty title="Nothing was charged in either month">There is nothing to compare.</Empty>;
  return (
    <>
      <Summary of={of} side={side} team={team} />
      {team === undefined ? <Payers of={of} /> : first && <PartsTable of={first} currency={of.currency} />}
    </>
  );
}

function sumOf({ charged, corrections }: Side["before"]): bigint {
  return centsOf(charged) + centsOf(corrections);
}

function Summary({
  of,
  side,
  team,
}: {
  readonly of: Comparison;
  readonly side: Side;
  readonly team: string | undefined;
}) {
  const { before, after, currency, isWhole } = of;
  const place = usePlace();
  const [was, is] = [sumOf(side.before), sumOf(side.after)];
  const chart = useMemo(() => waterfallOf(of, side), [of, side]);
  const hasCorrections = [side.before, side.after].some(({ corrections }) => centsOf(corrections) !== 0n);
  const incomplete = after.incompleteDays.length;
  return (
    <section className="card">
      <p className="sum">
        <strong>{`${currency} ${signed(side.difference)}`}</strong>{" "}
        <span className="quiet">
          {`${changeInPercent(was, is) ?? "nothing before"}: from `}
          <Owed of={was} side={before} payer={team} />
          {" to "}
          <Owed of={is} side={after} payer={team} />
        </span>
      </p>
      <p className="quiet">
        {isWhole
          ? `${after.days} days against ${before.days}.`
          : `${monthText(after.month as BillingPeriod)} is not over: the same ${after.days} days of both months are compared.`}
        {incomplete > 0 && ` ${incomplete} of them are not complete.`}
      </p>
      {[before, after].map((each) => (
        <ListPrices key={each.month} of={each} />
      ))}
      {hasCorrections && <Beside of={of} side={side} />}
      <ChartFigure chart={chart} currency={currency} />
      <dl className="effects">
        {side.effects.map(({ effect, name, means, amount }) => (
          <div key={effect}>
            <dt>{name}</dt>
            <dd className="quiet">{means}</dd>
            <dd className="number">
              <ReasonAmount
                of={amount}
                reason={{
                  to: changed(place, { effect, why: undefined }),
                  says: team === undefined ? "who pays it" : "what it is made of",
                }}
                signed
                label={name}
              />
            </dd>
          </div>
        ))}
        <div className="total">
          <dt>Difference</dt>
          <dd className="quiet">the sum of these</dd>
          <dd className="number">{signed(side.difference)}</dd>
        </div>
      </dl>
    </section>
  );
}

/** Where part of what looks dearer, or cheaper, is that the bill is not there yet. */
function ListPrices({ of: { month, beforeTheBill } }: { readonly of: Comparison["after"] }) {
  const [first, ...rest] = beforeTheBill.map((day) => day as Day);
  if (first === undefined) return null;
  const last = rest.at(-1);
  const days =
    last === undefined
      ? dayText(first)
      : `${beforeTheBill.length} days from ${dayText(first)} to ${dayText(last)}`;
  return (
    <p className="note">
      {`Kubernetes is at list price on ${days}, until AWS bills ${last === undefined ? "it" : "them"}: a part of what “price” says of ${monthText(month as BillingPeriod)} is that, and goes with the bill.`}
    </p>
  );
}

/** The overview is about statements alone: what differs from it, and by how much. */
function Beside({ of: { before, after, currency }, side }: { readonly of: Comparison; readonly side: Side }) {
  const alone = centsOf(side.after.charged) - centsOf(side.before.charged);
  const posted = [
    { month: before.month, amount: side.before.corrections },
    { month: after.month, amount: side.after.corrections },
  ]
    .filter(({ amount }) => centsOf(amount) !== 0n)
    .map(({ month, amount }) => `${currency} ${signed(amount)} in ${monthText(month as BillingPeriod)}`);
  return (
    <p className="quiet">
      {`It has what is posted beside statements: ${posted.join(" and ")}. Statements alone, as on the overview, differ by ${currency} ${signed(decimalOfCents(alone))}.`}
    </p>
  );
}

/** What somebody owes of the compared days; of a month that is not compared as a whole, of these days of it. */
function Owed({
  of,
  side: { month, days, leftOut },
  payer,
}: {
  readonly of: bigint;
  readonly side: Comparison["before"];
  readonly payer: string | undefined;
}) {
  const { everybody, teamName } = useFrame();
  const place = usePlace();
  const from = firstDayOf(month as BillingPeriod);
  const until = leftOut.length === 0 ? undefined : addDays(from, days - 1);
  const reason: Reason =
    payer === undefined
      ? { to: toPage(place, "/explore", { month, ...(until && { from, to: until }) }), says: "by team" }
      : { why: { team: payer, month, ...(until && { of: [["days", `${from}_${until}`]] }) } };
  return (
    <ReasonAmount
      of={decimalOfCents(of)}
      reason={reason}
      label={`${payer === undefined ? everybody : teamName(payer)}, ${monthText(month as BillingPeriod)}`}
    />
  );
}

function Payers({
  of: { payers, currency, total, before: earlier, after: later },
}: {
  readonly of: Comparison;
}) {
  const { teamName } = useFrame();
  const place = usePlace();
  const effect = place.params.get("effect") ?? undefined;
  const effectName = total.effects.find((each) => each.effect === effect)?.name;
  const columns = useMemo((): Column<Payer>[] => {
    const ofEffect = ({ effects }: Pick<Payer, "effects">) => effects.find((each) => each.effect === effect);
    const main = ({ effects }: Payer): Payer["effects"][number] | undefined =>
      effects.toSorted((a, b) => (sizeOf(a.amount) < sizeOf(b.amount) ? 1 : -1))[0];
    return [
      {
        id: "payer",
        head: "Who pays",
        of: "text",
        value: ({ payer }) => teamName(payer),
        show: ({ payer }) => <Link to={toPage(place, "/changes", { team: payer })}>{teamName(payer)}</Link>,
        foot: "All",
      },
      {
        id: "before",
        head: `Before, ${currency}`,
        of: "number",
        value: ({ before }) => sumOf(before),
        show: ({ payer, before }) => <Owed of={sumOf(before)} side={earlier} payer={payer} />,
        foot: grouped(decimalOfCents(sumOf(total.before))),
      },
      {
        id: "after",
        head: `Now, ${currency}`,
        of: "number",
        value: ({ after }) => sumOf(after),
        show: ({ payer, after }) => <Owed of={sumOf(after)} side={later} payer={payer} />,
        foot: grouped(decimalOfCents(sumOf(total.after))),
      },
      {
        id: "difference",
        head: `Difference, ${currency}`,
        of: "number",
        value: ({ difference }) => centsOf(difference),
        show: ({ payer, difference }) => (
          <Difference of={difference} reason={changesOf(place, payer)} label={teamName(payer)} />
        ),
        foot: <Difference of={total.difference} />,
      },
      {
        id: "percent",
        head: "In percent",
        of: "number",
        value: ({ before, difference }) => {
          const was = sumOf(before);
          return was === 0n ? undefined : Number((centsOf(difference) * 10_000n) / (was < 0n ? -was : was));
        },
        show: ({ before, after }) => changeInPercent(sumOf(before), sumOf(after)) ?? "",
      },
      ...(effectName === undefined
        ? [
            {
              id: "reason",
              head: "Most of it",
              of: "text",
              value: (payer) => main(payer)?.name,
              show: (payer) => <EffectOf payer={payer} effect={main(payer)} />,
            } satisfies Column<Payer>,
          ]
        : [
            {
              id: "reason",
              head: `Of it ${effectName}, ${currency}`,
              of: "number",
              value: (payer) => centsOf(ofEffect(payer)?.amount ?? "0"),
              show: (payer) => <EffectOf payer={payer} effect={ofEffect(payer)} isNamed />,
              foot: signed(ofEffect(total)?.amount ?? "0"),
            } satisfies Column<Payer>,
          ]),
    ];
  }, [currency, place, teamName, total, earlier, later, effect, effectName]);
  const rows = useMemo(
    () => payers.toSorted((a, b) => (sizeOf(a.difference) < sizeOf(b.difference) ? 1 : -1)),
    [payers],
  );
  return (
    <section className="card" aria-labelledby="payers">
      <h2 id="payers">Who pays more, who less</h2>
      <EffectChip name={effectName} />
      <DataTable
        key={effectName}
        label="Payers"
        columns={columns}
        rows={rows}
        idOf={({ payer }) => payer}
        {...(effectName !== undefined && { sortedBy: "reason" })}
        asCards
      />
    </section>
  );
}

/** What of a payer's difference has this reason; it leads to what it is made of. */
function EffectOf({
  payer: { payer },
  effect,
  isNamed = false,
}: {
  readonly payer: Payer;
  readonly effect: Payer["effects"][number] | undefined;
  readonly isNamed?: boolean;
}) {
  const { teamName } = useFrame();
  const place = usePlace();
  if (!effect) return "";
  return (
    <>
      {!isNamed && `${effect.name}, `}
      <ReasonAmount
        of={effect.amount}
        reason={changesOf(place, payer, effect.effect)}
        signed
        label={`${teamName(payer)}, ${effect.name}`}
      />
    </>
  );
}
