import type { Method, PolicyOfDay } from "@apportion/allocation/policy";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { PolicyMethods } from "../simulate/merged-policies.js";
import type { Viewer } from "../viewer.js";

/** Under which name teams stand together that the viewer does not see. */
const OTHERS = "other teams";

/** How a pool is split, as somebody may see it: exemptions and limits of their own teams, and how much all others are charged together. */
export function seenPolicy(policy: PolicyOfDay, viewer: Viewer): PolicyOfDay {
  if (viewer.teams === "all") return policy;
  const own = <T>(of: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(of).filter(([id]) => viewer.teams.includes(id)));
  return {
    ...policy,
    methods: policy.methods.map((method) => seenMethod(method, viewer)),
    exempt: policy.exempt.filter((id) => viewer.teams.includes(id)),
    caps: own(policy.caps),
    minimums: own(policy.minimums),
  };
}

/** The same of methods alone. */
export function seenMethods(methods: PolicyMethods, viewer: Viewer): PolicyMethods {
  return methods.map((method) => (typeof method === "string" ? method : seenMethod(method, viewer)));
}

function seenMethod(method: Method, viewer: Viewer): Method {
  if (method.kind !== "fixed" || viewer.teams === "all") return method;
  const shares = Object.entries(method.teams);
  const others = shares.filter(([id]) => !viewer.teams.includes(id));
  const sum = others.reduce((total, [, percent]) => total + parsePicos(percent), 0n);
  return {
    ...method,
    teams: {
      ...Object.fromEntries(shares.filter(([id]) => viewer.teams.includes(id))),
      ...(others.length > 0 && { [OTHERS]: formatPicos(sum) }),
    },
  };
}
