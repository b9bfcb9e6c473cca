/** All that users see of the tables. */
export const TABLES = {
  snapshots: "SELECT * FROM current_snapshots ORDER BY dataset, source, scope, charge_period_start",
  facts: "SELECT * FROM current_cost_facts ORDER BY ALL",
  cells: "SELECT * FROM current_cells ORDER BY ALL",
  runs: "SELECT * FROM current_runs ORDER BY charge_day",
  lines: "SELECT * FROM current_allocations ORDER BY charge_day, line",
  journals: "SELECT * FROM journals ORDER BY seq",
  entries: "SELECT * FROM posted_entries ORDER BY seq, line",
  deliveries: "SELECT DISTINCT delivery_key, message_id, recipients FROM deliveries ORDER BY delivery_key",
  quarantined: "SELECT * FROM pending_quarantine ORDER BY id",
};
