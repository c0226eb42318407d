"""What the comparisons with peers share: the peer's interpreter, a cleared environment, the machine's description."""
import os
import pathlib
import platform
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The C library keeps what was freed, so that large outputs do not fault their pages in anew at every call.
KEPT = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000"}
PREFIXES = ("OPENBLAS_", "OMP_", "KMP_", "GOMP_", "MKL_", "ONEDNN_", "DNNL_", "MALLOC_", "APUS_")


def environment(extra):
    """This environment without what changes speed, and with `extra`."""
    return {k: v for k, v in os.environ.items() if not k.startswith(PREFIXES)} | extra


def has(python, module):
    return subprocess.run([python, "-c", f"import importlib.util as u, sys; sys.exit(not u.find_spec('{module}'))"],
                          stderr=subprocess.DEVNULL).returncode == 0


def find_python(parser, chosen):
    """The interpreter that has torch: the one chosen, else python3, else a virtual environment in ~/.cache."""
    if chosen:
        if not shutil.which(chosen) or not has(chosen, "torch"):
            parser.error(f"{chosen} is not a Python that has torch")
        return chosen
    candidates = [shutil.which("python3"), *sorted(map(str, pathlib.Path.home().glob(".cache/*/bin/python")))]
    for python in candidates:
        if python and has(python, "torch"):
            return python
    parser.error("no Python with torch: name one with --peer-python or APUS_PEER_PYTHON (looked at: "
                 f"{', '.join(c for c in candidates if c)})")


def thread_count():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def processor():
    """The processor's name, its family and model where the name says little, and the widest vectors that it has."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines()) if value}
    widest = [title for flag, title in (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("amx_tile", "AMX")) if flag in facts.get("flags", "").split()]
    if "AVX-512" in widest and "AVX2" in widest:
        widest.remove("AVX2")
    family = f"family {facts['cpu family']} model {facts['model']}" if "cpu family" in facts and "model" in facts else ""
    return f"{facts.get('model name') or platform.machine()} ({', '.join(filter(None, [family, *widest]))})"


def vendor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("vendor_id"))
    except (OSError, StopIteration):
        return ""


def commit(tree=ROOT):
    """The commit that is checked out, with "-dirty" if files that git knows differ from it, other than those that figures are written to."""
    def git(*words):
        return subprocess.run(["git", "-C", tree, *words], stdout=subprocess.PIPE, text=True)
    name = git("describe", "--always").stdout.strip()
    changed = git("diff", "--quiet", "HEAD", "--", ":/", ":(top,exclude)README.md", ":(top,exclude)bench/RESULTS.md").returncode
    return f"{name or 'unknown'}{'-dirty' if name and changed else ''}"
