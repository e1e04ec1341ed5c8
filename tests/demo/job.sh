#!/bin/bash
#SBATCH --job-name=demo
#SBATCH --nodes=2
#SBATCH --ntasks=4
#SBATCH --exclusive
#SBATCH --checkpoint-interval=0:10

# A loop in the shell that calls a program, then a parallel step. Nothing in
# here knows of checkpoints.

export OPENBLAS_NUM_THREADS=2
sum=0
for round in 1 2 3; do
    /usr/bin/python3 simulate.py input.txt results.txt $round 40
    lines=$(wc -l <results.txt)
    sum=$((sum + round * lines))
    echo "after round $round: $lines lines, sum $sum"
done
srun /usr/bin/python3 rank.py ranks.txt 60
echo "the step ended with $?"
echo "done: sum $sum, $(cat ranks.txt.* | wc -l) lines of tasks"
