CREATE OR REPLACE VIEW named_workload_daily_costs {onCluster}
(
    charge_day Date COMMENT 'Day, UTC',
    cluster String COMMENT 'Kubernetes cluster',
    namespace String COMMENT 'Kubernetes namespace',
    team_id String COMMENT 'Team that alone paid for what ran in the namespace on the day; empty where it is several, nobody or not allocated yet, and for what may be another team''s under HIPAA or PCI',
    controller_kind String COMMENT 'deployment, statefulset, daemonset, job …',
    controller String COMMENT 'Name of the controller, of every team',
    cost_at_list_price Decimal(76, 12) COMMENT 'Cost at Kubecost''s prices, before the difference to the bill, in the deployment''s currency',
    cpu_request_core_hours Decimal(76, 12) COMMENT 'Core-hours requested',
    cpu_usage_core_hours Decimal(76, 12) COMMENT 'Core-hours used',
    gpu_hours Decimal(76, 12) COMMENT 'GPU-hours that were charged'
)
AS
WITH
    (SELECT groupArray((team_id, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    -- What may be another team's under HIPAA or PCI is nobody's here.
    arrayExists(each -> each.1 != owners.team AND workloads.cluster LIKE each.2 AND workloads.namespace LIKE each.3 AND controller LIKE each.4
        AND label LIKE each.5 AND '' LIKE each.6, ownership) AS is_of_another
SELECT workloads.charge_day AS charge_day, workloads.cluster AS cluster, workloads.namespace AS namespace,
    if(is_of_another, '', owners.team) AS team_id, controller_kind, controller,
    sum(workloads.cost) AS cost_at_list_price, sum(requested) AS cpu_request_core_hours, sum(used) AS cpu_usage_core_hours, sum(gpus) AS gpu_hours
FROM
(
    SELECT charge_day, cluster, namespace, controller_kind, controller, team_label AS label,
        sum(toDecimal256(effective_cost, 12)) AS cost, sum(toDecimal256(cpu_request_core_hours, 12)) AS requested,
        sum(toDecimal256(cpu_usage_core_hours, 12)) AS used, sum(toDecimal256(gpu_hours, 12)) AS gpus
    FROM cells
    WHERE kind = 'workload' AND attempt IN (SELECT max(cells_attempt) FROM snapshots WHERE dataset = 'cost' GROUP BY snapshot_id)
        AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'cost')
    GROUP BY charge_day, cluster, namespace, controller_kind, controller, label
) AS workloads
LEFT JOIN
(
    SELECT charge_day, cluster, namespace, if(uniqExact(owner_kind, team_id) = 1, any(team_id), '') AS team
    FROM current_allocations WHERE source = 'kubecost' AND basis = 'direct' AND namespace != ''
    GROUP BY charge_day, cluster, namespace
) AS owners
    ON owners.charge_day = workloads.charge_day AND owners.cluster = workloads.cluster AND owners.namespace = workloads.namespace
GROUP BY charge_day, cluster, namespace, team_id, controller_kind, controller
COMMENT 'Services only: workloads with the names of every team, for the roles to which the configuration shows them';
