import { useFrame } from "../data/frame.js";
import { changed, go, usePlace } from "../data/place.js";

/** Chooses a team, which the address names, or everybody. @param others what may be chosen beside teams: idle, corporate, unallocated */
export function TeamPicker({ others = [] }: { readonly others?: readonly string[] }) {
  const { everybody, me, teamName } = useFrame();
  const place = usePlace();
  return (
    <label className="picker">
      <span>Of</span>
      <select
        value={place.params.get("team") ?? ""}
        onChange={({ target }) =>
          go(changed(place, { team: target.value === "" ? undefined : target.value }))
        }
      >
        <option value="">{everybody}</option>
        {me.teamNames.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        {others.map((id) => (
          <option key={id} value={id}>
            {teamName(id)}
          </option>
        ))}
      </select>
    </label>
  );
}
