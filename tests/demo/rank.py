#!/usr/bin/python3
"""rank.py RESULTS STEPS

One task of an srun: works on its own random matrix and writes its own file
of results; only the first task speaks.
"""
import os
import sys

import numpy as np


def main():
    results, steps = sys.argv[1], int(sys.argv[2])
    rank = int(os.environ["SLURM_PROCID"])
    rng = np.random.default_rng(rank)
    matrix = rng.standard_normal((120, 120))
    with open(f"{results}.{rank}", "w", encoding="ascii") as out:
        for step in range(1, steps + 1):
            for _ in range(60):
                matrix = matrix @ rng.standard_normal((120, 120))
                matrix /= np.abs(matrix).max()
            out.write(f"{step} {matrix.sum():.17e}\n")
            out.flush()
            if rank == 0 and step % 15 == 0:
                print(f"task 0 of {os.environ['SLURM_NTASKS']}: step {step}", flush=True)


main()
