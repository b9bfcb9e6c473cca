/** What a renderer makes: the same mail for people who see HTML and for those who do not, and its figures as a file. */
export interface RenderedMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly csv?: { readonly filename: string; readonly content: string };
}
