import { useMemo } from "react";
import { centsOf, signed, sizeOf } from "../data/amounts.js";
import { useFrame } from "../data/frame.js";
import { changed, toPage, usePlace } from "../data/place.js";
import type { Comparison } from "../data/shapes.js";
import { ReasonAmount, WhyAmount } from "../parts/amount.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Link } from "../parts/link.js";
import { whyText } from "../why/asked.js";
import { EffectChip } from "./effect-chip.js";

type Payer = Comparison["payers"][number];
type Movement = Payer["movements"][number];

/** Of one payer: workloads and pools, the largest first; with the rest they add up to the difference. */
export function PartsTable({
  of: { payer, movements, effects, difference, rest },
  currency,
}: {
  readonly of: Payer;
  readonly currency: string;
}) {
  const { teamName, month } = useFrame();
  const place = usePlace();
  const asked = place.params.get("effect");
  const chosen = effects.find((each) => each.effect === asked);
  const columns = useMemo((): Column<Movement>[] => {
    const names = new Map(effects.map(({ effect, name }) => [effect, name]));
    return [
      {
        id: "what",
        head: "What",
        of: "text",
        value: ({ what }) => what,
        foot: chosen ? chosen.name : "Difference",
      },
      { id: "effect", head: "Why", of: "text", value: ({ effect }) => names.get(effect) ?? effect },
      { id: "detail", head: "How much of it", of: "text", value: ({ detail }) => detail },
      {
        id: "amount",
        head: `Change, ${currency}`,
        of: "number",
        value: ({ amount }) => centsOf(amount),
        show: ({ amount, what, filters }) =>
          Object.keys(filters).length === 0 ? (
            // Corrections stand beside the statement.
            <WhyAmount of={amount} why={{ team: payer, month: month.month }} signed label={what} />
          ) : (
            <ReasonAmount
              of={amount}
              reason={{
                to: toPage(place, "/explore", { ...filters, team: payer, compare: "1", group: "namespace" }),
                says: "its days of both months",
              }}
              signed
              label={what}
            />
          ),
        foot: signed(chosen ? chosen.amount : difference),
      },
    ];
  }, [currency, effects, difference, place, payer, chosen, month.month]);
  const rows = useMemo(
    () =>
      movements
        .filter((each) => !chosen || each.effect === chosen.effect)
        .toSorted((a, b) => (sizeOf(a.amount) < sizeOf(b.amount) ? 1 : -1)),
    [movements, chosen],
  );
  return (
    <section className="card" aria-labelledby="parts">
      <h2 id="parts">What it is made of</h2>
      <EffectChip name={chosen?.name} />
      <DataTable
        label="Parts of the difference"
        columns={columns}
        rows={rows}
        asCards
        idOf={({ effect, what, detail, exact }) => `${effect} ${what} ${detail} ${exact}`}
      />
      {centsOf(rest) !== 0n && (
        <p className="quiet">{`What is not listed comes to ${currency} ${signed(rest)}.`}</p>
      )}
      <p>
        <Link to={changed(place, { why: whyText({ team: payer, month: month.month }) })}>
          {`The statement of ${teamName(payer)}, line by line`}
        </Link>
      </p>
    </section>
  );
}
