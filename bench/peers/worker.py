"""The peers' side of compare-networks: what a long-lived process does with its commands, a line each on standard input.

    train|infer PRECISION THREADS SECONDS CALLS    runs for so long and at least so often; answers with the milliseconds of each call
    memory                                         answers with the MiB of the training steps so far
    end                                            ends it

PRECISION and THREADS are ours to change; a peer has those that it was started with."""
import pathlib
import sys
import time


def resident_mib(line):
    """A line of this process's status; nan where the system has none."""
    try:
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
        return next(int(text.split()[1]) / 1024 for text in lines if text.startswith(line))
    except (OSError, StopIteration):
        return float("nan")


def forget_peak():
    """The greatest resident size counts from now on."""
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # It then counts from the start of the process.


def milliseconds(run, seconds, calls):
    times, end = [], time.perf_counter() + seconds
    while len(times) < calls or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def serve(version, tasks):
    """`tasks`: by name, a function that makes ready for a slice and gives what to call."""
    out, sys.stdout = sys.stdout, sys.stderr  # nothing else may write into the answers
    before = None

    def answer(line):
        out.write(f"{line}\n")
        out.flush()

    answer(f"ready {version}")
    for line in sys.stdin:
        words = line.split()
        if words == ["end"]:
            break
        if words == ["memory"]:
            answer(resident_mib("VmHWM:") - before)
            continue
        task, _, _, seconds, calls = words
        run = tasks[task]()
        if task == "train" and before is None:
            before = resident_mib("VmRSS:")
            forget_peak()
        answer(" ".join(f"{t:.4f}" for t in milliseconds(run, float(seconds), int(calls))))
