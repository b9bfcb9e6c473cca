import type { ReactNode } from "react";

/** A table that scrolls within itself where there is no room for it, by keys too. */
export function ScrollTable({
  label,
  children,
  className = "",
}: {
  readonly label: string;
  readonly children: ReactNode;
  readonly className?: string;
}) {
  return (
    // A region that scrolls takes the focus, or nobody could scroll it by keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={`scroll-table ${className}`} aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </section>
  );
}
