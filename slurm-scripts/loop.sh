#!/bin/bash
#SBATCH --job-name=loop
#SBATCH --time=10
#SBATCH --checkpoint-interval=10
#
# A script that calls programs one after the other.
#
#   sbatch loop.sh
#
# --checkpoint-interval is all that is needed: every ten minutes (Slurm's time
# format; 0:30 would be thirty seconds) the whole job is saved, this script
# included. Before the time limit, and when a job of higher priority takes the
# nodes, it is saved once more and put back into the queue. When it runs again
# it goes on where it was: in the middle of the loop, with its variables;
# what has been finished is not run again, and files are as they were.
#
# Look at it from the login node:   ckpt status JOBID
# Ask for a checkpoint at once:     ckpt checkpoint --wait JOBID

total=0
for round in 1 2 3; do
    # any program will do, or several of them in a pipe
    lines=$(seq $((round * 1000)) | awk '{ s += $1 } END { print s }')
    total=$((total + lines))
    echo "round $round: $lines" >>loop.results
    sleep "${PAUSE:-1}"
done
echo "total $total"
