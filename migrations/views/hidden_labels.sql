CREATE OR REPLACE VIEW hidden_labels {onCluster}
(
    cluster String COMMENT 'Kubernetes cluster; else empty',
    namespace String COMMENT 'Kubernetes namespace; else empty',
    service String COMMENT 'Service of the bill; else empty',
    label String COMMENT 'Label or tag that is not shown'
)
AS
WITH (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership
SELECT cluster, namespace, service, label
FROM (SELECT DISTINCT cluster, namespace, service, label FROM allocation_lines WHERE label != '')
WHERE arrayExists(each -> cluster LIKE each.2 AND namespace LIKE each.3 AND '' LIKE each.4 AND label LIKE each.5 AND service LIKE each.6, ownership)
COMMENT 'Services only: labels on lines that nobody owns which a team under HIPAA or PCI owns by a rule, on other days';
