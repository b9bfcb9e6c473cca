import { useState } from "react";
import { addDays } from "@apportion/domain/period";
import { query, useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { changed, go, usePlace, type Changes } from "../data/place.js";
import type { Costs } from "../data/shapes.js";
import { describedFilter, valueName } from "./value-name.js";
import {
  type Dimension,
  DIMENSION_NAMES,
  DIMENSIONS,
  intoNames,
  SHAPE_NAMES,
  STEP_NAMES,
  type View,
} from "./view.js";

/** What is looked at; each control changes the address, and so the page. */
export function Controls({ view }: { readonly view: View }) {
  const place = usePlace();
  const set = (changes: Changes): void => go(changed(place, changes));
  const [first, second] = view.group;
  const groups = (one: string, two: string): string => [one, two].filter((each) => each !== "").join(",");
  return (
    <div className="controls">
      <Choice
        label="Group by"
        names={DIMENSION_NAMES}
        value={first ?? ""}
        onPick={(picked) => set({ group: groups(picked, second === picked ? "" : (second ?? "")) })}
      />
      <Choice
        label="then"
        names={{ "": "nothing", ...without(first) }}
        value={second ?? ""}
        onPick={(picked) => set({ group: groups(first ?? "team", picked) })}
      />
      <Choice
        label="rows open to"
        names={intoNames(view)}
        value={view.into}
        onPick={(into) => set({ into })}
      />
      <Choice label="Chart" names={SHAPE_NAMES} value={view.shape} onPick={(shape) => set({ shape })} />
      {view.shape !== "tiles" && (
        <Choice label="in" names={STEP_NAMES} value={view.step} onPick={(step) => set({ step })} />
      )}
      <DateField label="From" value={view.from} onPick={(from) => set({ from })} />
      <DateField label="to" value={addDays(view.to, -1)} onPick={(to) => set({ to })} />
      {!view.isMonth && (
        <button
          type="button"
          className="quiet-button"
          onClick={() => set({ from: undefined, to: undefined })}
        >
          The month
        </button>
      )}
      <label className="picker">
        <input
          type="checkbox"
          checked={view.compared !== undefined}
          onChange={({ target }) => set({ compare: target.checked ? "1" : undefined })}
        />
        <span>Compare</span>
      </label>
    </div>
  );
}

function without(dimension: Dimension | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(DIMENSION_NAMES).filter(([id]) => id !== dimension));
}

function Choice({
  label,
  names,
  value,
  onPick,
}: {
  readonly label: string;
  readonly names: Readonly<Record<string, string>>;
  readonly value: string;
  readonly onPick: (picked: string) => void;
}) {
  return (
    <label className="picker">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => onPick(target.value)}>
        {Object.entries(names).map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function DateField({
  label,
  value,
  onPick,
}: {
  readonly label: string;
  readonly value: string;
  readonly onPick: (day: string) => void;
}) {
  return (
    <label className="picker">
      <span>{label}</span>
      <input
        type="date"
        className="field"
        value={value}
        onChange={({ target }) => target.value !== "" && onPick(target.value)}
      />
    </label>
  );
}

/** Own use, shared, idle and the company's, each shown or hidden. */
const BASES = ["direct", "shared", "idle", "corporate"] as const;

function Bases({ view }: { readonly view: View }) {
  const { teamName } = useFrame();
  const place = usePlace();
  const shown = view.filters.find(([name]) => name === "basis")?.[1] ?? BASES;
  return BASES.map((basis) => (
    <label key={basis} className="picker">
      <input
        type="checkbox"
        checked={shown.includes(basis)}
        onChange={({ target }) => {
          const next = BASES.filter((each) => (each === basis ? target.checked : shown.includes(each)));
          go(changed(place, { basis: next.length === 0 || next.length === BASES.length ? undefined : next }));
        }}
      />
      <span>{valueName("basis", basis, teamName)}</span>
    </label>
  ));
}

/** Filters that hold, and a way to one more. */
export function Filters({ view }: { readonly view: View }) {
  const { teamName } = useFrame();
  const place = usePlace();
  const [adding, setAdding] = useState<Dimension>();
  return (
    <div className="controls" aria-label="Filters" role="group">
      {view.filters.flatMap(([name, values]) =>
        values.map((value) => (
          <button
            key={`${name} ${value}`}
            type="button"
            className="chip"
            title="Take this filter away"
            onClick={() => go(changed(place, { [name]: values.filter((each) => each !== value) }))}
          >
            {describedFilter([name, value], teamName)}
            <span aria-hidden="true">×</span>
            <span className="unseen">, take this filter away</span>
          </button>
        )),
      )}
      <label className="picker">
        <span>Filter by</span>
        <select
          value={adding ?? ""}
          onChange={({ target }) => setAdding(target.value === "" ? undefined : (target.value as Dimension))}
        >
          <option value="">…</option>
          {DIMENSIONS.map((each) => (
            <option key={each} value={each}>
              {DIMENSION_NAMES[each]}
            </option>
          ))}
        </select>
      </label>
      <Bases view={view} />
      {adding && <Values key={adding} of={adding} view={view} onDone={() => setAdding(undefined)} />}
    </div>
  );
}

/** The values that there are in the period. */
function Values({
  of,
  view,
  onDone,
}: {
  readonly of: Dimension;
  readonly view: View;
  readonly onDone: () => void;
}) {
  const { teamName } = useFrame();
  const place = usePlace();
  const answer = useAnswer<Costs>(`/costs${query({ from: view.from, to: view.to, groupBy: of })}`);
  const there = view.filters.find(([name]) => name === of)?.[1] ?? [];
  const values = (answer.data?.rows ?? [])
    .map(({ values: [value = ""] }) => value)
    .filter((value) => !there.includes(value));
  return (
    <select
      aria-label={DIMENSION_NAMES[of]}
      value=""
      onChange={({ target }) => {
        const at = Number(target.value);
        const value = values[at - 1];
        if (value === undefined) return;
        onDone();
        go(changed(place, { [of]: [...there, value] }));
      }}
    >
      <option value="">{answer.data ? "which?" : "…"}</option>
      {values.map((value, at) => (
        <option key={value} value={at + 1}>
          {valueName(of, value, teamName)}
        </option>
      ))}
    </select>
  );
}
