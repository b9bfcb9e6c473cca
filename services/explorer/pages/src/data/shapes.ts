import type { z } from "zod";
import type { recommendations } from "@apportion/explorer/api/advice";
import type { gates, journals, reconciliation } from "@apportion/explorer/api/books";
import type { comparison } from "@apportion/explorer/api/compare";
import type { costsAnswer } from "@apportion/explorer/api/costs";
import type { knownMonth, me } from "@apportion/explorer/api/months";
import type { policies, simulation } from "@apportion/explorer/api/policies";
import type { quarantined, readings } from "@apportion/explorer/api/readings";
import type { overview, reportAnswer } from "@apportion/explorer/api/reports";
import type { explanation, statement } from "@apportion/explorer/api/statements";

/** What the API answers, as its own schemas say. */
export type Me = z.output<typeof me>;
export type KnownMonth = z.output<typeof knownMonth>;
export type Costs = z.output<typeof costsAnswer>;
export type Overview = z.output<typeof overview>;
export type Report = z.output<typeof reportAnswer>;
export type Statement = z.output<typeof statement>;
export type Explanation = z.output<typeof explanation>;
export type Comparison = z.output<typeof comparison>;
export type Gates = z.output<typeof gates>;
export type Reconciliation = z.output<typeof reconciliation>;
export type Journals = z.output<typeof journals>;
export type Readings = z.output<typeof readings>;
export type Quarantined = z.output<typeof quarantined>;
export type Policies = z.output<typeof policies>;
export type Simulation = z.output<typeof simulation>;
export type Recommendations = z.output<typeof recommendations>;
