"""Sides that take turns: long-lived processes that run slices of work when told to, on one machine, interleaved."""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import peer

HERE = pathlib.Path(__file__).resolve().parent
WAIT = 0.3  # seconds between slices
WARM = 3    # calls before anything counts: the third training step is the first whose memory is that of all others


def stop(text):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: error: {text}")


class Worker:
    """A process that runs slices when told to."""

    def __init__(self, command, extra):
        self.errors = tempfile.TemporaryFile("w+")
        self.command = " ".join(map(str, command))
        self.process = subprocess.Popen(list(map(str, command)), env=peer.environment(extra), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True)
        self.version = None

    def ready(self):
        self.version = self.line().removeprefix("ready ")
        return self

    def line(self):
        text = self.process.stdout.readline()
        if not text:
            self.process.wait()
            self.errors.seek(0)
            stop(f"{self.command} ends with {self.process.returncode}\n{self.errors.read()[-3000:]}")
        return text.strip()

    def ask(self, text):
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()
        return self.line()

    def times(self, task, precision, threads, seconds, calls=1):
        return [float(t) for t in self.ask(f"{task} {precision} {threads} {seconds} {calls}").split()]

    def memory(self):
        return float(self.ask("memory"))

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.write("end\n")
            self.process.stdin.close()
        self.process.wait()


class Side:
    """A column: a worker, with the precision and threads that it is told; `rows[task]` holds the slices' times."""

    def __init__(self, name, worker, tasks, precision="standard", threads=0):
        self.name, self.worker, self.precision, self.threads = name, worker, precision, threads
        self.rows = {task: [] for task in tasks}

    def warm(self, seconds):
        """Gives the median of a slice for each task, after what is only done once."""
        medians = {}
        for task in self.rows:
            for calls in (WARM, 1):
                medians[task] = statistics.median(self.worker.times(task, self.precision, self.threads, seconds, calls))
        return medians

    def slice(self, task, seconds):
        time.sleep(WAIT)
        self.rows[task].append(self.worker.times(task, self.precision, self.threads, seconds))


def build(name, folder, release):
    """The program of bench/apus/NAME.swift: a script would run inside the Swift compiler, whose memory would be measured too."""
    if not any(release.glob("libApusDynamic.*")):
        stop(f"there is no {release}/libApusDynamic: swift build -c release")
    tree = tree_of(release)
    modules = [release / "Modules", tree / "csrc/include", *sorted(p.parent for p in (tree / "Sources").glob("*/module.modulemap"))]
    program = pathlib.Path(folder) / name
    run = subprocess.run(["swiftc", "-O", *(f"-I{m}" for m in modules), f"-L{release}", "-lApusDynamic", "-Xlinker", "-rpath", "-Xlinker",
                          release, HERE / f"apus/{name}.swift", "-o", program],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode:
        stop(f"bench/apus/{name}.swift does not compile\n{run.stdout[-4000:]}")
    return program


def tree_of(release):
    """The working tree whose .build holds this folder of a release build."""
    for parent in release.parents:
        if parent.name == ".build":
            return parent.parent
    stop(f"{release} is in no .build")


def stale(release):
    """Whether a source file of the library is newer than the library."""
    built = max(f.stat().st_mtime for f in release.glob("libApusDynamic.*"))
    tree = tree_of(release)
    return any(f.stat().st_mtime > built for folder in ("csrc", "Sources") for f in (tree / folder).rglob("*") if f.is_file())


class Others:
    """Which parts of the processors' time went to other processes than this one and its workers, and to the hypervisor, in the rounds."""

    def __init__(self):
        self.busy = self.idle = self.stolen = self.own = 0

    @staticmethod
    def now(workers):
        """Of all processes, in ticks of the clock; and of our own."""
        user, nice, system, idle, wait, irq, soft, stolen = map(int, pathlib.Path("/proc/stat").read_text().split()[1:9])
        own = sum(sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
                  for pid in [os.getpid(), *(w.process.pid for w in workers)])
        return user + nice + system + irq + soft, idle + wait, stolen, own

    def during(self, workers, run):
        if not pathlib.Path("/proc/stat").exists():
            return run()
        before = self.now(workers)
        run()
        busy, idle, stolen, own = (b - a for a, b in zip(before, self.now(workers)))
        self.busy, self.idle, self.stolen, self.own = self.busy + busy, self.idle + idle, self.stolen + stolen, self.own + own

    def parts(self):
        every = max(1, self.busy + self.idle + self.stolen)
        return {"others": round(max(0, self.busy - self.own) / every, 4), "stolen": round(self.stolen / every, 4)}
