"""The tables of compare-networks."""
import math
import statistics
import sys

MOST_DISTURBED = 0.1  # of the processors' time: beyond, nothing is recorded

# Name: our catalogue's name, title, batch.
NETWORKS = {
    "lenet5": ("lenet5", "LeNet-5", 64),
    "resnet20": ("resnet20", "ResNet-20", 128),
    "alexnet": ("alexnet.torchvision", "AlexNet", 32),
    "vgg16": ("vgg16", "VGG-16", 4),
    "googlenet": ("googlenet.torchvision", "GoogLeNet", 16),
    "resnet18": ("resnet18", "ResNet-18", 16),
    "resnet50": ("resnet50.torchvision", "ResNet-50", 8),
}
MODES = {"eager": "eager", "cl": "channels-last", "cl-comp": "compiled"}
PEERS = {"pytorch": "PyTorch", "kept": "PyTorch, memory kept", "onnxruntime": "onnxruntime", "openvino": "OpenVINO"}


def median(side):
    return statistics.median(side["medians"])


class Ratio:
    """How many times as long `theirs` takes as `ours`: by rounds, and in the least times."""

    def __init__(self, ours, theirs):
        self.rounds = [t / o for o, t in zip(ours["medians"], theirs["medians"])]
        self.middle, self.least = statistics.median(self.rounds), theirs["least"] / ours["least"]

    def short(self):
        return f"{self.middle:.2f} ({min(self.rounds):.2f}–{max(self.rounds):.2f})"

    def full(self):
        return f"**{self.middle:.2f}** | {min(self.rounds):.2f} to {max(self.rounds):.2f} | {self.least:.2f}"


def best(task, kind):
    """Of a peer's sides the one with the smallest median; None if it was not measured."""
    sides = {name: side for name, side in task.items() if name.split()[0] == kind}
    return min(sides.items(), key=lambda s: median(s[1]), default=None)


def ms(side):
    return f"{median(side):.4g}" if median(side) < 1e4 else f"{median(side):,.0f}"


def mode(name):
    return f", {MODES[name.split()[1]]}" if " " in name else ""


def mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def title(line):
    return NETWORKS[line["network"]][1]


def about(results):
    a = results["about"]
    text = f"{a['processor']}, {a['threads']} threads, {a['date']}, commit {a['commit']}"
    return text + (" (built before the last change of the sources)" if a["stale"] else "")


def told_disturbance(results):
    others, stolen = results["about"]["others"], results["about"]["stolen"]
    text = f"other processes had {100 * others:.0f} % of the processors' time in the rounds, the hypervisor {100 * stolen:.0f} %"
    return f"**disturbed, compare nothing by these figures**: {text}" if disturbed(results) else text


def disturbed(results):
    return results["about"]["others"] + results["about"]["stolen"] > MOST_DISTURBED


def rows_of_task(results, task):
    """A row for each network and peer."""
    rows = [["network, batch", "Apus, ms", "strict, ms", "peer", "its ms", "ratio", "lowest to highest round", "of least times", "ratio to strict"]]
    ratios = {}
    for line in results["networks"]:
        sides = line[task]
        first = [f"{title(line)}, {line['batch']}", f"{ms(sides['apus'])}", f"{ms(sides['strict'])}"]
        for kind in PEERS:
            chosen = best(sides, kind)
            if chosen:
                name, theirs = chosen
                standard, strict = Ratio(sides["apus"], theirs), Ratio(sides["strict"], theirs)
                ratios.setdefault(kind, []).append((standard.middle, strict.middle))
                rows.append([*first, f"{PEERS[kind]}{mode(name)}", f"{ms(theirs)}", *standard.full().split(" | "), f"{strict.middle:.2f}"])
                first = [""] * 3
    for kind, values in ratios.items():
        standard, strict = (mean(v) for v in zip(*values))
        rows.append(["geometric mean", "", "", PEERS[kind], "", f"**{standard:.2f}**", "", "", f"{strict:.2f}"])
    return rows


def markdown(rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]])


def scaling(results):
    rows = [["", "batch", "step, ms: 1 thread", f"{results['about']['threads']} threads", "speed-up", "rounds", "inference, ms: 1 thread",
             f"{results['about']['threads']} threads", "speed-up", "rounds"]]
    for line in results["networks"]:
        row = [title(line), str(line["batch"])]
        for task in ("train", "infer"):
            if "one" not in line[task]:
                return None
            ratio = Ratio(line[task]["apus"], line[task]["one"])
            row += [f"{ms(line[task]['one'])}", f"{ms(line[task]['apus'])}", f"**{ratio.middle:.2f}**",
                    f"{min(ratio.rounds):.2f} to {max(ratio.rounds):.2f}"]
        rows.append(row)
    return rows


def peer_memory(line):
    return min((value for name, value in line["memory"].items() if name.split()[0] == "pytorch"), default=None)


def memory(results):
    rows = [["memory of the steps, MiB", "batch", "Apus", "PyTorch"]]
    for line in results["networks"]:
        theirs = peer_memory(line)
        rows.append([title(line), str(line["batch"]), f"{line['memory']['apus']:,.0f}", f"{theirs:,.0f}" if theirs else ""])
    return rows


def mnist(results):
    speeds = results.get("mnist")
    if not speeds:
        return ""
    return (f"\n\n`apus train lenet5` on MNIST, batch {NETWORKS['lenet5'][2]}, loading and validation included: "
            f"**{statistics.median(speeds):,.0f} images/s** (median of {len(speeds)}; lowest {min(speeds):,.0f}, highest {max(speeds):,.0f}).")


def page(results):
    """The section of RESULTS.md."""
    a = results["about"]
    text = f"""    bench/compare-networks --rounds {a['rounds']}

## Whole networks, {about(results)}

{a['ours']}; {', '.join(a['peers'])}; float32 everywhere. {a['rounds']} rounds of slices of {a['slice']} s that take turns, {a['minutes']} minutes; \
{told_disturbance(results)}. A ratio is the peer's time by that of Apus; the first is the median of the rounds, their lowest and highest and the ratio of \
the least times of all calls stand beside it. "Strict" is `withPrecision(.strict)`, which never takes Winograd's F(4×4): what its ratio \
falls short of the other is the algorithm's, not the kernels'. Of PyTorch the mode with the smallest median is named: eager (NCHW), \
channels-last, or compiled, which is channels-last too.

### A training step

{markdown(rows_of_task(results, 'train'))}

### Inference

{markdown(rows_of_task(results, 'infer'))}"""
    if scaling(results):
        text += f"\n\n### One thread and {a['threads']}, Apus\n\n{markdown(scaling(results))}"
    text += "\n\n### Memory\n\nThe greatest resident size during the first training steps less the size just before; of PyTorch's modes the least, " \
            f"as installed.\n\n{markdown(memory(results))}"
    return text + mnist(results)


def readme(results):
    """The table of README.md: one machine, one commit."""
    rows = [["", "batch", "step, ms", "PyTorch", "memory kept", "strict", "inference, ms", "PyTorch", "onnxruntime", "OpenVINO", "strict",
             "MiB of the steps", "PyTorch"]]
    ratios = [[] for _ in range(7)]
    for line in results["networks"]:
        row, column = [title(line), str(line["batch"])], 0
        for task, kinds in (("train", ("pytorch", "kept")), ("infer", ("pytorch", "onnxruntime", "openvino"))):
            sides = line[task]
            row.append(f"{ms(sides['apus'])}")
            for kind in kinds:
                chosen = best(sides, kind)
                row.append(Ratio(sides["apus"], chosen[1]).short() if chosen else "")
                if chosen:
                    ratios[column].append(Ratio(sides["apus"], chosen[1]).middle)
                column += 1
            chosen = best(sides, "pytorch")
            row.append(f"{Ratio(sides['strict'], chosen[1]).middle:.2f}" if chosen else "")
            if chosen:
                ratios[column].append(Ratio(sides["strict"], chosen[1]).middle)
            column += 1
        theirs = peer_memory(line)
        rows.append([*row, f"{line['memory']['apus']:,.0f}", f"{theirs:,.0f}" if theirs else ""])
    means = [f"{mean(values):.2f}" if values else "" for values in ratios]
    rows.append(["geometric mean", "", "", *means[:3], "", *means[3:], "", ""])
    a = results["about"]
    return (f"On {about(results)}, {a['rounds']} rounds of slices that take turns; peers are {', '.join(a['peers'])}. Times are medians; "
            f"the other columns are a peer's time by that of Apus: the median of the rounds, in brackets the lowest and the highest.\n\n"
            f"{markdown(rows)}{mnist(results)}")


def replace(path, name, text):
    """Puts a text between the marks of that name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = path.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        sys.exit(f"{name}: error: {path} has no {begin} … {end}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def record(results, root):
    replace(root / "README.md", "compare-networks", readme(results))
    replace(root / "bench/RESULTS.md", "compare-networks", page(results))
