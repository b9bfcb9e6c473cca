CREATE OR REPLACE VIEW workload_daily_costs {onCluster}
(
    charge_day Date COMMENT 'Day, UTC',
    cluster String COMMENT 'Kubernetes cluster',
    namespace String COMMENT 'Kubernetes namespace',
    controller_kind String COMMENT 'deployment, statefulset, daemonset, job …',
    controller String COMMENT 'Name of the controller; hidden (hipaa) or hidden (pci) where it is of such a team: all of a kind in the namespace in one row',
    cost_at_list_price Decimal(76, 12) COMMENT 'Cost at Kubecost''s prices, before the difference to the bill, in the deployment''s currency',
    cpu_core_hours Decimal(76, 12) COMMENT 'Core-hours that were charged',
    cpu_request_core_hours Decimal(76, 12) COMMENT 'Core-hours requested',
    cpu_usage_core_hours Decimal(76, 12) COMMENT 'Core-hours used',
    gpu_hours Decimal(76, 12) COMMENT 'GPU-hours that were charged',
    ram_gib_hours Decimal(76, 12) COMMENT 'GiB-hours of memory that were charged',
    ram_usage_gib_hours Decimal(76, 12) COMMENT 'GiB-hours of memory used'
)
AS SELECT charge_day, cluster, namespace, controller_kind, controller,
    sum(toDecimal256(effective_cost, 12)) AS cost_at_list_price,
    sum(toDecimal256(current_cells.cpu_core_hours, 12)) AS cpu_core_hours,
    sum(toDecimal256(current_cells.cpu_request_core_hours, 12)) AS cpu_request_core_hours,
    sum(toDecimal256(current_cells.cpu_usage_core_hours, 12)) AS cpu_usage_core_hours,
    sum(toDecimal256(current_cells.gpu_hours, 12)) AS gpu_hours,
    sum(toDecimal256(current_cells.ram_gib_hours, 12)) AS ram_gib_hours,
    sum(toDecimal256(current_cells.ram_usage_gib_hours, 12)) AS ram_usage_gib_hours
FROM current_cells WHERE kind = 'workload'
GROUP BY charge_day, cluster, namespace, controller_kind, controller
COMMENT 'What each workload cost and used on each day, as read last';
