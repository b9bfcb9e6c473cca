"""Chunks of the event log as their files are given, by tools that know nothing of Apportion: what the costs come to, by each of them."""
import gzip
import json
import sys

import duckdb
import polars
import pyarrow
import pyarrow.ipc

chunks = [pyarrow.ipc.open_stream(gzip.decompress(open(path, "rb").read())).read_all() for path in sys.argv[1:]]
costs = pyarrow.concat_tables(chunks, promote_options="permissive")
by_namespace = "SELECT namespace, sum(effective_cost)::VARCHAR FROM costs GROUP BY ALL ORDER BY 1 LIMIT 2"
frame = costs.to_pandas()
print(json.dumps({
    "duckdb": duckdb.sql("SELECT sum(effective_cost)::VARCHAR FROM costs").fetchall()[0][0],
    "namespaces": duckdb.sql(by_namespace).fetchall(),
    "start": str(duckdb.sql("SELECT DISTINCT epoch(charge_period_start)::BIGINT FROM costs").fetchall()),
    "polars": str(polars.from_arrow(costs)["effective_cost"].sum()),
    "pandas": str(frame["effective_cost"].sum()),
}))
