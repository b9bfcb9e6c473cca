/** A word of reports and pages, and what it means here. */
export interface Term {
  readonly term: string;
  readonly meaning: string;
}

/** Words that people meet in mails, reports and pages, in the order in which one leads to the next. */
export const GLOSSARY: readonly Term[] = [
  {
    term: "Statement",
    meaning:
      "What a team owes for a month, in lines of whole cents. All statements, idle, corporate and unallocated together are what was collected.",
  },
  {
    term: "Provisional, closed, posted",
    meaning:
      "A statement is provisional until finance closes its month: two people do, and what it charges is posted into journals and stays. What changes afterwards is a correction.",
  },
  {
    term: "Direct cost",
    meaning:
      "What runs in a team's own namespaces, or lies in its buckets. It is the team's as it was measured.",
  },
  {
    term: "Shared service",
    meaning: "What several teams use, such as MLflow or Prometheus. Its cost is split among them by a policy.",
  },
  {
    term: "Pool",
    meaning:
      "A cost that is split: a shared service, Kubernetes' own namespaces of a cluster, or what a policy splits besides.",
  },
  {
    term: "Driver",
    meaning:
      "What a share of a pool follows: the runs that a team logged, its direct cost, a fixed percentage. Driver of the team ÷ driver of all = its share.",
  },
  {
    term: "Idle",
    meaning:
      "Capacity that was paid for and that no workload asked for. On nodes that are one team's alone it is that team's, else it is nobody's.",
  },
  {
    term: "Unallocated",
    meaning:
      "Cost of which no rule says whose it is: a bucket without a team tag, a namespace that no team has.",
  },
  { term: "Corporate", meaning: "What the bill charges the company: tax, support, credits, refunds, fees." },
  {
    term: "List price, bill's price",
    meaning:
      "Kubecost prices a container by list prices. Once the bill of the account is read, the difference is added: from then on everything is at what was paid.",
  },
  {
    term: "Rate variance",
    meaning: "The difference between list prices and the bill, on the workloads that have it.",
  },
  { term: "Reading", meaning: "What one source said of one day, sealed with its sum. A later one replaces it." },
  {
    term: "Complete, incomplete",
    meaning: "A day is complete when each source that is expected was read after the day had ended.",
  },
  {
    term: "Settled",
    meaning:
      "A cost that will not change by itself: its day is complete and at the bill's price. Budgets are measured by it.",
  },
  {
    term: "Quarantine",
    meaning: "Where a reading waits that cannot be right, until two people release or drop it; until then no number has it.",
  },
  {
    term: "Expected",
    meaning:
      "What a month will have cost at its end if days go on as they did, with an interval that should hold the truth in 8 of 10 months.",
  },
  {
    term: "Correction",
    meaning: "What a closed month should have charged more or less, posted into the month that is open.",
  },
  {
    term: "Adjustment",
    meaning: "An amount that one person moves between payers, for a reason, and another approves.",
  },
  {
    term: "Gate",
    meaning: "A condition under which a month may be closed: over, complete, nothing in quarantine …",
  },
  {
    term: "Attributed",
    meaning: "What part of the cost has an owner by a rule or by a measurement: neither what nobody owns, nor what was split by a fallback.",
  },
];
