import type { Block, Bullets, Paragraph, Section } from "./document.js";

/** Blocks of which every document has many. */

export function section(title: string, ...blocks: readonly Block[]): Section {
  return { kind: "section", title, blocks };
}

export function paragraph(text: string): Paragraph {
  return { kind: "paragraph", text, weight: "plain" };
}

export function strong(text: string): Paragraph {
  return { kind: "paragraph", text, weight: "strong" };
}

export function quiet(text: string): Paragraph {
  return { kind: "paragraph", text, weight: "quiet" };
}

export function bullets(items: readonly string[]): Bullets {
  return { kind: "bullets", items };
}
