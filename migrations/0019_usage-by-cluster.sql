-- A namespace may have one owner on one cluster and another, or a tenant, on the next: usage says where it was.

ALTER TABLE usage_facts
    ADD COLUMN IF NOT EXISTS cluster LowCardinality(String) COMMENT 'Kubernetes cluster of the namespace, where the meter knows it; else empty' AFTER team_label;
