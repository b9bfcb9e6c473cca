import { Dialog } from "radix-ui";
import { type KeyboardEvent, useState } from "react";
import { KEPT_APART } from "@apportion/domain/statement";
import { useFrame } from "../data/frame.js";
import { go, toPage, usePlace } from "../data/place.js";
import { Link } from "../parts/link.js";
import { PAGES } from "./pages.js";

interface Found {
  readonly to: string;
  readonly name: string;
  readonly kind: string;
}

const FOUND_MAX = 12;

/** Finds a team, what no team pays or a page by a part of its name or id. Enter takes the first; arrows go through what is found. */
export function Finder({ onDone }: { readonly onDone: () => void }) {
  const { me, teamName } = useFrame();
  const place = usePlace();
  const [text, setText] = useState("");
  const all: Found[] = [
    ...me.teamNames.map(({ id, name }) => ({
      to: toPage(place, `/teams/${encodeURIComponent(id)}`),
      name,
      kind: `team ${id}`,
    })),
    // Leads see their teams' shares of these alone.
    ...(me.teams === "all" ? KEPT_APART : []).map((id) => ({
      to: toPage(place, "/explore", { team: id }),
      name: teamName(id),
      kind: `paid by no team: ${id}`,
    })),
    ...PAGES.map(({ path, name }) => ({ to: toPage(place, path), name, kind: "page" })),
  ];
  const wanted = text.trim().toLowerCase();
  const found = all
    .filter(({ name, kind }) => `${name} ${kind}`.toLowerCase().includes(wanted))
    .slice(0, FOUND_MAX);
  return (
    <>
      <Dialog.Title className="unseen">Find a team</Dialog.Title>
      <input
        className="find-input"
        type="search"
        aria-label="Name or id of a team, what no team pays, or a page"
        placeholder="Name or id of a team, what no team pays, or a page"
        value={text}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") toNeighbour(event, 1);
          const [first] = found;
          if (event.key !== "Enter" || !first) return;
          event.preventDefault();
          onDone();
          go(first.to);
        }}
      />
      <ul className="found">
        {found.map(({ to, name, kind }) => (
          <li key={to}>
            <Link to={to} onClick={onDone} onKeyDown={byArrows}>
              {name} <small>{kind}</small>
            </Link>
          </li>
        ))}
      </ul>
      <output className="quiet">{found.length === 0 && "Nothing is named like that."}</output>
    </>
  );
}

function byArrows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key === "ArrowDown") toNeighbour(event, 1);
  if (event.key === "ArrowUp") toNeighbour(event, -1);
}

/** Moves the focus between the field and what is below it. */
function toNeighbour(event: KeyboardEvent<HTMLElement>, by: 1 | -1): void {
  const dialog = event.currentTarget.closest("[role=dialog]");
  const all = [...(dialog?.querySelectorAll<HTMLElement>("input, .found a") ?? [])];
  const next = all[all.indexOf(event.currentTarget) + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
