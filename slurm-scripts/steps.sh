#!/bin/bash
#SBATCH --job-name=steps
#SBATCH --nodes=2
#SBATCH --ntasks=4
#SBATCH --time=10
#SBATCH --checkpoint-interval=5
#SBATCH --checkpoint-keep=3
#SBATCH --checkpoint-required
#
# Parallel steps: the tasks of an srun are saved on their nodes.
#
#   sbatch steps.sh
#
# When the job runs again, on whichever nodes it gets, srun is executed again
# and each of its tasks goes on from its own image, found by its rank. Steps
# that were over are not run again.
#
# --checkpoint-keep     the last three image sets are kept, not two
# --checkpoint-required a job that cannot be saved is not worth starting: it
#                       ends at once, with the reason, where otherwise it
#                       would run without checkpoints and say so

# what each task does; any parallel program will do
task() {
    for i in 1 2 3; do
        echo "$1, task $SLURM_PROCID: $i" >>"steps.$SLURM_PROCID"
        sleep "${PAUSE:-1}"
    done
}
export -f task

srun bash -c 'task first' && echo "first step is over"
srun bash -c 'task second' && echo "second step is over"
