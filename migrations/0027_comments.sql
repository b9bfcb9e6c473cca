-- Comments that a reader took for something else.

ALTER TABLE team_monthly_costs COMMENT COLUMN IF EXISTS amount 'What the team owes for what it used in the month, in the deployment''s currency; corrections of earlier months, which are charged in this one, lie in posted_entries';
ALTER TABLE reconciliation COMMENT COLUMN IF EXISTS billed 'What the bill says, as read last, also of a closed month, in the deployment''s currency; reconciliation_days has what a closed month was compared with';
ALTER TABLE attribution_accuracy COMMENT COLUMN IF EXISTS billed 'What the bill says, which has its credits in it as negative lines, in the deployment''s currency; of a closed month as it was closed';
ALTER TABLE workload_daily_costs COMMENT COLUMN IF EXISTS controller 'Name of the controller; hidden (hipaa) or hidden (pci) where it is of such a team: all of a kind in the namespace in one row';
ALTER TABLE not_attributed COMMENT COLUMN IF EXISTS reason 'Why: untagged, no-owner, no-bytes, no-collector, usage-without-owner, spread-without-owner, or the fallback''s reason';
ALTER TABLE shared_cost_drivers COMMENT COLUMN IF EXISTS meter 'What was measured: a meter, several with percentages, or for example gpu-cost; empty where it was split by direct cost, evenly or by fixed percentages';
