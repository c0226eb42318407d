"""What the comparisons with PyTorch share: the peer's interpreter, a cleared environment, the machine's description."""
import os
import pathlib
import platform
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The C library keeps what was freed, so that large outputs do not fault their pages in anew at every call.
KEPT = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000"}
PREFIXES = ("OPENBLAS_", "OMP_", "KMP_", "GOMP_", "MKL_", "MALLOC_", "APUS_")


def environment(extra):
    """This environment without what changes speed, and with `extra`."""
    return {k: v for k, v in os.environ.items() if not k.startswith(PREFIXES)} | extra


def has_torch(python):
    return subprocess.run([python, "-c", "import importlib.util as u, sys; sys.exit(not u.find_spec('torch'))"],
                          stderr=subprocess.DEVNULL).returncode == 0


def find_python(parser, chosen):
    """The interpreter that has torch: the one chosen, else python3, else a virtual environment in ~/.cache."""
    if chosen:
        if not shutil.which(chosen) or not has_torch(chosen):
            parser.error(f"{chosen} is not a Python that has torch")
        return chosen
    candidates = [shutil.which("python3"), *sorted(map(str, pathlib.Path.home().glob(".cache/*/bin/python")))]
    for python in candidates:
        if python and has_torch(python):
            return python
    parser.error("no Python with torch: name one with --peer-python or APUS_PEER_PYTHON (looked at: "
                 f"{', '.join(c for c in candidates if c)})")


def thread_count():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def commit():
    run = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True)
    return run.stdout.strip() or "unknown"
