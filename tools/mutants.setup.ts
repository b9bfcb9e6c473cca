import { configureGlobal } from "fast-check";

/**
 * Properties are asked of every mutant that they meet: briefly, with the same values each time so that a score can be compared, and a
 * counterexample is enough without the smallest one.
 */
configureGlobal({ seed: 1, endOnFailure: true, interruptAfterTimeLimit: 250, markInterruptAsFailure: false });
