#!/usr/bin/env python3
"""Makes the table of bench/RESULTS.md from the lines of several runs of compare-pytorch --json: bench/table.py RUN.jsonl …

A case's row is the run with the median ratio; the other runs' lowest and highest ratio stand beside it."""
import json
import sys

runs = {}
for path in sys.argv[1:]:
    for line in open(path):
        if line.startswith("{"):
            row = json.loads(line)
            runs.setdefault((row.get("layer") or row["op"], row["pass"]), []).append((row["peer_ms"] / row["ours_ms"], row))
print("| case | pass | implementation | Apus, ms | PyTorch, ms | ratio | lowest to highest run |\n|---|---|---|---|---|---|---|")
for (name, step), rows in runs.items():
    rows.sort(key=lambda r: r[0])
    ratio, row = rows[(len(rows) - 1) // 2]
    print(f"| {name} | {step.replace('_', ' ')} | {row['implementation']} | {row['ours_ms']:.3f} | {row['peer_ms']:.3f} | **{ratio:.2f}** | "
          f"{rows[0][0]:.2f} to {rows[-1][0]:.2f} |")
