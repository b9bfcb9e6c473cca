import { toPage, usePlace } from "../data/place.js";
import { Link } from "../parts/link.js";
import { openWords } from "./keys.js";
import { isUnder, PAGES } from "./pages.js";

/** The pages, at the left; on a phone a menu. */
export function Rail() {
  return (
    <nav className="rail" aria-label="Pages">
      <Link to="/" className="brand">
        <span className="brand-mark" aria-hidden="true" />
        Apportion
      </Link>
      <PageLinks />
    </nav>
  );
}

export function PageLinks({ onFollow }: { readonly onFollow?: () => void }) {
  const place = usePlace();
  return (
    <ul className="page-links">
      {PAGES.map(({ path, name, key }) => (
        <li key={path}>
          <Link
            to={toPage(place, path)}
            {...(isUnder(place.path, path) && { "aria-current": "page" })}
            {...(onFollow && { onClick: onFollow })}
          >
            {name}
            <kbd aria-hidden="true">g {key}</kbd>
          </Link>
        </li>
      ))}
      <li className="words">
        <button
          type="button"
          onClick={() => {
            onFollow?.();
            openWords();
          }}
        >
          What words mean
          <kbd aria-hidden="true">w</kbd>
        </button>
      </li>
    </ul>
  );
}
