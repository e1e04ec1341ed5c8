#!/bin/bash
#SBATCH --job-name=array
#SBATCH --array=1-3
#SBATCH --time=5
#SBATCH --checkpoint-interval=1
#SBATCH --checkpoint-lead=2
#SBATCH --checkpoint-dir=images
#SBATCH --checkpoint-on=timeout,preempt
#
# A job array: each of its jobs is saved, requeued and restarted by itself.
#
#   sbatch array.sh
#
# --checkpoint-dir   images go below images/ (a scratch file system that all
#                    nodes see is a good place), in a directory per job
# --checkpoint-lead  the last checkpoint begins two minutes before the limit;
#                    auto, the default, learns it from the one before
# --checkpoint-on    at which events the job is requeued; none: only images,
#                    for `sbatch --checkpoint-restart=JOBID` later on

sum=0
for i in 1 2 3 4 5; do
    sum=$((sum + SLURM_ARRAY_TASK_ID * i))
    sleep "${PAUSE:-1}"
done
echo "$SLURM_ARRAY_TASK_ID $sum" >>array.results
echo "job $SLURM_ARRAY_TASK_ID: $sum"
