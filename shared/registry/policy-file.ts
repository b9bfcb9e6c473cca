import { z } from "zod";
import { parseConfig } from "@apportion/runtime/config";
import { type AllocationConfig, allocationConfig, policiesOf } from "./allocation.js";
import { checkPolicies, type KnownNames } from "./check-policies.js";

type PolicyLists = Pick<AllocationConfig, "policies" | "betweenServices">;

/** A policy file: the two lists of the `allocation` section, alone or in that section. */
const policyFile = z.strictObject({
  policies: allocationConfig.shape.policies,
  betweenServices: allocationConfig.shape.betweenServices,
  allocation: allocationConfig.optional(),
});

/**
 * Reads policies that somebody thinks about, beside those in force.
 * @param source where the text is from, for messages
 * @throws ConfigError with every mistake in it
 */
export function parsePolicies(
  {
    file,
    text,
    env,
  }: {
    readonly file: string;
    readonly text: string;
    readonly env: Readonly<Record<string, string | undefined>>;
  },
  known: KnownNames,
): PolicyLists {
  const check = ({ allocation, ...lists }: z.output<typeof policyFile>): ReturnType<typeof checkPolicies> => {
    const isTwice = allocation && lists.policies.length + lists.betweenServices.length > 0;
    return [
      ...(isTwice ? [{ path: ["allocation"], message: "policies are in here or beside it, not both" }] : []),
      ...checkPolicies(policiesOf(allocation ?? lists), known, allocation ? ["allocation"] : []),
    ];
  };
  const given = parseConfig({ file, text, env }, policyFile, [{ needs: [], check }]);
  return given.allocation ?? given;
}
