import { useState } from "react";
import { go } from "../data/place.js";
import { Link } from "../parts/link.js";

interface SavedView {
  readonly name: string;
  readonly address: string;
}

const KEY = "apportion.views";
const VIEWS_MAX = 50;

function readViews(): readonly SavedView[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored)
      ? (stored as SavedView[]).filter(({ address }) => address.startsWith("/explore"))
      : [];
  } catch {
    // What is not readable, or may not be read, is as if there were none.
    return [];
  }
}

/** Views by name, in this browser: each is an address. */
export function SavedViews() {
  const [views, setViews] = useState(readViews);
  const [name, setName] = useState("");
  const keep = (next: readonly SavedView[]): void => {
    setViews(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // It holds as long as the page is open.
    }
  };
  const save = (): void => {
    const saved = { name: name.trim(), address: location.pathname + location.search };
    keep([saved, ...views.filter((each) => each.name !== saved.name)].slice(0, VIEWS_MAX));
    setName("");
  };
  return (
    <details className="saved-views">
      <summary>{`Saved views (${views.length})`}</summary>
      <ul className="plain-list">
        {views.map((view) => (
          <li key={view.name}>
            <Link to={view.address} onClick={() => go(view.address)}>
              {view.name}
            </Link>{" "}
            <button
              type="button"
              className="text-button"
              aria-label={`Forget ${view.name}`}
              onClick={() => keep(views.filter((each) => each !== view))}
            >
              Forget
            </button>
          </li>
        ))}
      </ul>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") save();
        }}
      >
        <input
          className="field"
          aria-label="Name of this view"
          placeholder="Name of this view"
          maxLength={80}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <button type="submit" className="button">
          Save this view
        </button>
      </form>
    </details>
  );
}
