#!/usr/bin/env python3
"""Holds the tables of the comparisons to made-up measurements: medians of ratios, ranges, what is disturbed, what is recorded where."""
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import network_tables


def side(*medians):
    return {"medians": list(medians), "least": min(medians) / 2}


def results(others=0.02):
    train = {"apus": side(10, 10, 20), "strict": side(20, 20, 40), "one": side(19, 20, 36), "pytorch eager": side(40, 50, 60),
             "pytorch cl": side(30, 20, 70), "kept cl": side(15, 10, 20)}
    infer = {"apus": side(1, 1, 1), "strict": side(2, 2, 2), "one": side(2, 2, 2), "pytorch cl-comp": side(3, 3, 3), "onnxruntime": side(1, 2, 3),
             "openvino": side(1, 1, 1)}
    line = {"network": "lenet5", "batch": 64, "threads": 2, "memory": {"apus": 10, "pytorch eager": 30, "pytorch cl": 20, "kept cl": 5},
            "train": train, "infer": infer}
    about = {"date": "2026-11-29", "commit": "abc1234", "stale": False, "processor": "P (AVX-512)", "threads": 2, "ours": "apus", "rounds": 3,
             "peers": ["PyTorch 2"], "slice": 0.3, "minutes": 1, "others": others, "stolen": 0.01}
    return {"about": about, "networks": [line], "mnist": [5, 7, 9]}


class Networks(unittest.TestCase):
    def test_ratio_is_the_median_of_the_rounds(self):
        ratio = network_tables.Ratio(side(10, 10, 20), side(30, 20, 50))
        self.assertEqual((ratio.middle, min(ratio.rounds), max(ratio.rounds), ratio.least), (2.5, 2, 3, 2))
        self.assertEqual(ratio.short(), "2.50 (2.00–3.00)")

    def test_the_mode_with_the_smallest_median_is_the_peer(self):
        name, _ = network_tables.best(results()["networks"][0]["train"], "pytorch")
        self.assertEqual(name, "pytorch cl")
        self.assertIsNone(network_tables.best({"apus": side(1)}, "openvino"))

    def test_page(self):
        page = network_tables.page(results())
        self.assertIn("| LeNet-5, 64 | 10 | 20 | PyTorch, channels-last | 30 | **3.00** | 2.00 to 3.50 | 2.00 | 1.50 |", page)
        self.assertIn("| geometric mean |  |  | onnxruntime |  | **2.00** |  |  | 1.00 |", page)
        self.assertIn("| LeNet-5 | 64 | 20 | 10 | **1.90** | 1.80 to 2.00 |", page)  # one thread and two
        self.assertIn("| LeNet-5 | 64 | 10 | 20 |", page)  # memory: not that of the peer with memory kept
        self.assertIn("commit abc1234", page)
        self.assertNotIn("disturbed", page)

    def test_a_disturbed_run_says_so_and_is_not_recorded(self):
        self.assertIn("**disturbed, compare nothing by these figures**", network_tables.page(results(others=0.2)))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "run.json"
            path.write_text(json.dumps(results(others=0.2)))
            run = subprocess.run([sys.executable, HERE / "compare-networks", "--from", path, "--record"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
            self.assertIn("nothing is recorded", run.stderr)
            self.assertNotEqual(run.returncode, 0)

    def test_recorded_between_the_marks(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "bench").mkdir()
            for path in (root / "README.md", root / "bench/RESULTS.md"):
                path.write_text("before\n<!-- compare-networks: begin -->\nold\n<!-- compare-networks: end -->\nafter\n")
            network_tables.record(results(), root)
            network_tables.record(results(), root)
            readme = (root / "README.md").read_text()
            self.assertTrue(readme.startswith("before\n<!--") and readme.endswith("end -->\nafter\n"))
            self.assertNotIn("old", readme)
            self.assertIn("| LeNet-5 | 64 | 10 | 3.00 (2.00–3.50) | 1.00 (1.00–1.50) | 1.50 | 1 | 3.00 (3.00–3.00) |", readme)
            self.assertEqual(readme.count("geometric mean"), 1)
            (root / "README.md").write_text("no marks\n")
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                network_tables.record(results(), root)


class Kernels(unittest.TestCase):
    def table(self, rows, badly=False):
        about = {"date": "2026-11-29", "commit": "abc1234", "processor": "P", "threads": 2, "pytorch": "2", "second": "OpenBLAS 1", "rounds": 5,
                 "mkl_on_another_make": badly}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "run.jsonl"
            path.write_text("\n".join(map(json.dumps, [{"about": about}, *rows])))
            return subprocess.run([sys.executable, HERE / "table.py", path], stdout=subprocess.PIPE, text=True, check=True).stdout

    @staticmethod
    def row(ratio, disturbed=False, **labels):
        return {"pass": "forward", "ours_ms": 1, "peer_ms": ratio, "ratio": ratio, "lowest": ratio - 0.1, "highest": ratio + 0.1, "rounds": 5,
                "implementation": "direct", "disturbed": disturbed, **labels}

    def test_a_disturbed_case_is_marked_and_not_summed_up(self):
        text = self.table([self.row(2, layer="resnet20.s1"), self.row(8, True, layer="resnet20.s2"), self.row(1.5, layer="alexnet.conv1")])
        self.assertIn("3×3 convolutions with stride 1 2.00 to 2.00", text)
        self.assertIn("other convolutions 1.50 to 1.50", text)
        self.assertIn("| resnet20.s2 | forward | direct | 1.000 | 8.000 | **8.00**, disturbed | 7.90 to 8.10 |", text)

    def test_products_have_two_peers(self):
        second = {"second": "OpenBLAS", "second_ms": 1.2, "second_ratio": 1.2, "second_lowest": 1.1, "second_highest": 1.3}
        rows = [self.row(3, op="gemm.2048", **second)]
        text = self.table(rows)
        self.assertIn("matrix products 3.00 to 3.00 (mean 3.00) against MKL, 1.20 to 1.20 (mean 1.20) against OpenBLAS", text)
        self.assertIn("| 3.000 | **3.00** | 2.90 to 3.10 | 1.200 | **1.20** | 1.10 to 1.30 |", text)
        self.assertIn("which serves this processor badly", self.table(rows, badly=True))


unittest.main()
