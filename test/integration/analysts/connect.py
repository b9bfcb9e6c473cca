"""What clickhouse-connect, SQLAlchemy (as Superset uses it) and pandas get; JSON on standard output. Arguments: port, password."""

import json
import sys

import clickhouse_connect
import pandas
import sqlalchemy
from sqlalchemy import create_engine, inspect, text

port, password, *dialects = sys.argv[1:]
SQL = "SELECT day, team_id, amount FROM costs ORDER BY amount"

client = clickhouse_connect.get_client(
    host="127.0.0.1", port=int(port), username="analyst", password=password, database="apportion"
)
rows = client.query(SQL, parameters={}, settings={"max_threads": 1}).result_rows
bound = client.query("SELECT team_id FROM costs WHERE team_id = {team:String}", {"team": "ads"}).result_rows
frame = client.query_df(SQL)
large = client.query_df("SELECT number FROM numbers(200000)")
try:
    client.query("SELECT 1", settings={"allow_ddl": 1})
    refused = "nothing"
except clickhouse_connect.driver.exceptions.Error as error:
    refused = type(error).__name__

found = {}
for dialect in dialects:
    engine = create_engine(f"{dialect}://analyst:{password}@127.0.0.1:{port}/apportion")
    inspector = inspect(engine)
    with engine.connect() as connection:
        found[dialect] = {
            "tables": inspector.get_table_names(),
            "columns": [column["name"] for column in inspector.get_columns("costs")],
            "rows": [[str(value) for value in row] for row in connection.execute(text(SQL)).fetchall()],
        }
        if sqlalchemy.__version__.startswith("1."):
            continue  # clickhouse-connect 0.8 wants this one, pandas a newer one
        read = pandas.read_sql(text(SQL), connection, coerce_float=False)
        found[dialect]["pandas"] = [str(value) for value in read["amount"]]

print(
    json.dumps(
        {
            "rows": [[str(value) for value in row] for row in rows],
            "bound": bound,
            "frame": [str(value) for value in frame["amount"]],
            "large": int(large["number"].sum()),
            "refused": refused,
            "dialects": found,
        }
    )
)
