"""Holds each order to the rules: `check_orders.py ORDERS RULES REPORT`. A file of the namespace `tour`."""

import csv
import json
import sys
from pathlib import Path

from kestra import Kestra

orders, rules, report = map(Path, sys.argv[1:])
limits = json.loads(rules.read_text())
with orders.open(newline="") as file:
    broken = [
        f"order {row['id']}: {column} is {row[column]}"
        for row in csv.DictReader(file)
        for column, limit in limits.items()
        if not limit["least"] <= float(row[column]) <= limit["most"]
    ]
report.write_text("".join(f"{line}\n" for line in broken) or "all is well\n")
for line in broken:
    print(line)
Kestra.outputs({"broken": len(broken)})
