#!/usr/bin/python3
"""simulate.py INPUT RESULTS ROUND STEPS

An ordinary numerical program that knows nothing of checkpoints: reads a
matrix, works on it with several threads, appends a line of results to a
file after every step. The same input gives the same bytes, always.
"""
import sys
import threading

import numpy as np

THREADS = 3
SIZE = 160


def relax(part, rows, work):
    """One thread's share of a step: repeated smoothing of its own rows."""
    block = part[rows]
    for _ in range(work):
        block = 0.5 * block + 0.25 * (np.roll(block, 1, 1) + np.roll(block, -1, 1))
    part[rows] = block


def main():
    source, results, number, steps = sys.argv[1:5]
    field = np.loadtxt(source).reshape(-1, SIZE)
    field = np.tile(field, (SIZE // len(field) + 1, 1))[:SIZE] * float(number)
    print(f"round {number}: {SIZE} x {SIZE}, {steps} steps", flush=True)
    with open(results, "a", encoding="ascii") as out:
        for step in range(1, int(steps) + 1):
            rows = np.array_split(np.arange(SIZE), THREADS)
            threads = [threading.Thread(target=relax, args=(field, r, 350)) for r in rows]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            product = field @ field.T
            field = field / np.sqrt(np.mean(field ** 2)) + 1e-3 * step
            out.write(f"{number} {step} {product.trace():.17e} {field.std():.17e}\n")
            out.flush()
    print(f"round {number}: spread {field.std():.12f}", flush=True)


main()
