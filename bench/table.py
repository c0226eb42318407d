#!/usr/bin/env python3
"""Makes tables of what compare-pytorch --json wrote.

    bench/table.py RUN.jsonl … [--record]

A case's row is the run with the median ratio; the lowest and highest ratio of a round of all runs stand beside it. Cases that were
disturbed are marked, and not part of the summary. --record puts the tables into bench/RESULTS.md and the summary into README.md,
between their marks."""
import json
import math
import pathlib
import statistics
import sys

import network_tables
import peer

BEGIN = "compare-pytorch"
NORMS = ("batch_norm", "group_norm", "instance_norm", "layer_norm")


def read(paths):
    """The first run's facts, and by (case, pass) the rows."""
    about, cases = None, {}
    for path in paths:
        for line in map(json.loads, filter(None, pathlib.Path(path).read_text().splitlines())):
            if "about" in line:
                about = about or line["about"]
            else:
                cases.setdefault((line.get("layer") or line["op"], line["pass"]), []).append(line)
    return about, cases


def middle(rows, key="ratio"):
    return sorted(rows, key=lambda r: r[key])[(len(rows) - 1) // 2]


def span(rows, lowest, highest):
    return f"{min(r[lowest] for r in rows):.2f} to {max(r[highest] for r in rows):.2f}"


def disturbed(rows):
    return all(r["disturbed"] for r in rows)


def row_of(name, step, rows):
    row = middle(rows)
    mark = ", disturbed" if disturbed(rows) else ""
    return [name, step.replace("_", " "), row["implementation"], f"{row['ours_ms']:.3f}", f"{row['peer_ms']:.3f}", f"**{row['ratio']:.2f}**{mark}",
            span(rows, "lowest", "highest")]


def second_of(rows):
    row = middle(rows, "second_ratio")
    return [f"{row['second_ms']:.3f}", f"**{row['second_ratio']:.2f}**", span(rows, "second_lowest", "second_highest")]


def winograd_shapes():
    """The layers of 3×3 kernels with stride 1, whole and not dilated."""
    shapes = {}
    for line in (peer.ROOT / "bench/shapes.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words and words[0] == "conv2d":
            shapes[words[1]] = list(map(int, words[2:]))
    return {name for name, (_, _, _, _, kernel, stride, _, dilation, groups) in shapes.items() if (kernel, stride, dilation, groups) == (3, 1, 1, 1)}


def group(name, rows, winograd):
    if "layer" in rows[0]:
        return "3×3 convolutions with stride 1" if name in winograd else "other convolutions"
    if "second" in rows[0]:
        return "matrix products"
    for title, starts in (("batch, group, instance and layer norm", NORMS), ("local response norm", ("local",)), ("max pooling", ("max_pool",)),
                          ("activation functions", ("activation",))):
        if name.startswith(starts):
            return title
    return name


def summary(about, cases):
    """Sentences for README.md."""
    groups, second = {}, []
    winograd = winograd_shapes()
    for (name, _), rows in cases.items():
        if not disturbed(rows):
            groups.setdefault(group(name, rows, winograd), []).append(middle(rows)["ratio"])
            if "second" in rows[0]:
                second.append(middle(rows, "second_ratio")["second_ratio"])

    def told(values):
        return f"{min(values):.2f} to {max(values):.2f} (mean {math.exp(statistics.fmean(map(math.log, values))):.2f})"

    parts = []
    for title, values in groups.items():
        text = f"{title} {told(values)}"
        if title == "matrix products":
            badly = ", which serves this processor badly" if about["mkl_on_another_make"] else ""
            text = f"matrix products {told(values)} against MKL{badly}" + (f", {told(second)} against OpenBLAS" if second else "")
        parts.append(text)
    return (f"Kernels in one process with PyTorch's ({about['processor']}, {about['threads']} threads, {about['date']}, commit {about['commit']}, "
            f"PyTorch {about['pytorch']}), its time by ours, lowest to highest case: {'; '.join(parts)}.")


def page(about, cases):
    columns = ["case", "pass", "implementation", "Apus, ms", "PyTorch, ms", "ratio", "lowest to highest round"]
    plain = [columns] + [row_of(*key, rows) for key, rows in cases.items() if "second" not in rows[0]]
    products = [[c.replace("PyTorch", "MKL") for c in columns] + ["OpenBLAS, ms", "ratio", "lowest to highest round"]]
    products += [row_of(*key, rows) + second_of(rows) for key, rows in cases.items() if "second" in rows[0]]
    badly = " MKL takes slower paths on this make of processor than on Intel's." if about["mkl_on_another_make"] else ""
    text = f"""    bench/compare-pytorch --json > RUN.jsonl; bench/table.py RUN.jsonl

## Kernels against PyTorch {about['pytorch']}, {about['processor']}, {about['threads']} threads, {about['date']}, commit {about['commit']}

float32, channels-last, weights packed or transformed at every call, memory kept, one OpenMP pool; {about['rounds']} rounds a case, those left out \
in which a probe found the machine disturbed. PyTorch's convolutions are oneDNN's.

{summary(about, cases)}

{network_tables.markdown(plain)}"""
    if len(products) > 1:
        text += f"\n\n### Matrix products\n\nPyTorch's are MKL's.{badly} Beside it {about['second']}, on {about['threads']} threads of its own.\n\n" \
                f"{network_tables.markdown(products)}"
    return text


def main():
    paths = [a for a in sys.argv[1:] if a != "--record"]
    if not paths:
        sys.exit(__doc__)
    about, cases = read(paths)
    print(page(about, cases))
    if "--record" in sys.argv:
        network_tables.replace(peer.ROOT / "bench/RESULTS.md", BEGIN, page(about, cases))
        network_tables.replace(peer.ROOT / "README.md", BEGIN, summary(about, cases))


main()
