"""scikit-learn's side of compare-tsne: maps rows when told to (worker.py).

    peer-tsne.py FOLDER NAME,…      rows FOLDER/NAME.npy, float32 [N, D]; the last map goes to FOLDER/NAME-scikit-learn.npy

Settings are its defaults, which are ours too: perplexity 30, 1000 iterations, Barnes & Hut with an angle of 0.5, start by principal
components, learning rate `auto`. Threads: those of OMP_NUM_THREADS."""
import os
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.manifold import TSNE

import worker


def main():
    folder, names = pathlib.Path(sys.argv[1]), sys.argv[2].split(",")
    rows = {name: np.load(folder / f"{name}.npy") for name in names}

    def task(name):
        def run():
            points = TSNE(n_jobs=int(os.environ["OMP_NUM_THREADS"])).fit_transform(rows[name])
            np.save(folder / f"{name}-scikit-learn.npy", points)
        return lambda: run

    worker.serve(f"scikit-learn {sklearn.__version__}", {name: task(name) for name in names})


main()
