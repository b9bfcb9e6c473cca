/** What a value becomes in an answer: amounts of cents are decimal strings, what is not known in a list is null. */
export type Json<T> = T extends bigint
  ? string
  : T extends undefined
    ? null
    : T extends string | number | boolean | null
      ? T
      : T extends readonly (infer Each)[]
        ? readonly Json<Each>[]
        : { readonly [Key in keyof T]: Json<T[Key]> };
