import { loadImage } from "@napi-rs/canvas";
import { describe, expect, it } from "vitest";
import type { Chart, Document } from "../document/document.js";
import { renderDocument } from "../document/mail.js";
import { section } from "../document/blocks.js";
import { COLUMNS, COURSE, STACK } from "../testing/charts.js";
import { documentOf } from "../testing/documents.js";
import type { MailFile } from "./mail.js";

const filesOf = async (document: Document): Promise<readonly MailFile[]> =>
  (await renderDocument(document).files?.()) ?? [];
const shownBy = (document: Document): string[] =>
  [...renderDocument(document).html.matchAll(/src="cid:([^"]+)"/g)].map(([, cid = ""]) => cid);

describe("pictures of a mail", () => {
  it("come with it, each where it is shown, and what they show is said for who does not see them", async () => {
    const document = documentOf(COURSE, section("Before", COLUMNS));
    const files = await filesOf(document);
    expect(files.map(({ cid }) => cid)).toEqual(shownBy(document));
    expect(new Set(shownBy(document)).size).toBe(2);
    for (const { content } of files) expect((await loadImage(Buffer.from(content))).width).toBe(840);
    const { html, text } = renderDocument(document);
    expect(html.match(/alt="[^"]{40,}"/g)).toHaveLength(2);
    expect(html).not.toMatch(/src="(?!cid:)/);
    expect(text).toContain(COURSE.says);
  });

  it("are the same bytes under the same names at each attempt", async () => {
    const document = documentOf(COURSE, STACK);
    expect(await filesOf(document)).toEqual(await filesOf(document));
  });

  it("are no more than a mail should have: what is beyond is said in words", async () => {
    const charts = Array.from({ length: 12 }, (_, at): Chart => ({ ...COURSE, title: `Chart ${at}` }));
    const document = documentOf(...charts);
    const bytes = (await filesOf(document)).reduce((sum, { content }) => sum + content.length, 0);
    expect(bytes).toBeGreaterThan(75_000);
    expect(bytes).toBeLessThan(150_000);
    expect(shownBy(document)).toHaveLength(12);
  });

  it("are none of a mail without charts", () => {
    expect(renderDocument(documentOf()).files).toBeUndefined();
  });
});
