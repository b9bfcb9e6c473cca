import { changed, go, usePlace } from "../data/place.js";

/** What was asked for may be below what is seen. */
function show(chip: HTMLElement | null): void {
  chip?.scrollIntoView({ block: "nearest" });
}

/** That one reason alone is looked at, and a way back to all of them. */
export function EffectChip({ name }: { readonly name: string | undefined }) {
  const place = usePlace();
  if (name === undefined) return null;
  return (
    <p key={name} ref={show}>
      <button
        type="button"
        className="chip"
        title="Show all reasons"
        onClick={() => go(changed(place, { effect: undefined }))}
      >
        {name} <span aria-hidden="true">×</span>
        <span className="unseen">, show all reasons</span>
      </button>
    </p>
  );
}
