# Claim: an MPICH program of two processes on one node, whose UCX takes over
# functions of libc, ends with the same results: started, and on from images.
. "$ROOM/apps.sh"
{ command -v mpicc.mpich && command -v mpiexec.hydra; } >> trace || skip "no MPICH"
mkdir -p input
cat > app.c <<'C'
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    double mine[500], all[500], sum = 0;
    const int seen[] = {500, 1000, 2000, 2500};
    char dir[40];
    int rank;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (int i = 0; i < 500; i++)
        mine[i] = i * (rank + 1);
    for (int step = 1; step <= 3000; step++) {
        MPI_Allreduce(mine, all, 500, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        for (int i = 0; i < 500; i++)
            mine[i] = (all[(i + rank + 1) % 500] + i) / 2.1;
        for (int k = 0; k < 300; k++)
            for (int i = 1; i < 500; i++)
                mine[i] = mine[i] * 0.999 + mine[i - 1] * 0.001;
        sum += all[step % 500];
        for (int i = 0; rank == 0 && i < 4; i++)
            if (step == seen[i]) {
                printf("%d %.17g\n", step, sum);
                fflush(stdout);
                snprintf(dir, sizeof dir, "progress/%d", i + 1);
                mkdir(dir, 0777);
            }
    }
    return MPI_Finalize();
}
C
mpicc.mpich -O1 -o input/app app.c >> trace 2>&1 || skip "mpicc does not work"
compare mpiexec.hydra -n 2 -launcher fork ./app
