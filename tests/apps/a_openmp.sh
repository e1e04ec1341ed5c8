# Claim: an OpenMP program of gcc with a team of threads, barriers, reductions
# and dynamic loops gives the same numbers, bit for bit.
. "$ROOM/apps.sh"
command -v cc >> trace || skip "no cc"
mkdir -p input
cat > app.c <<'S'
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define N 400

static double a[N][N], b[N][N];

int main(void)
{
	char name[32];

	for (int i = 0; i < N * N; i++)
		a[i / N][i % N] = sin(i);
	for (int step = 0; step < 400; step++) {
		double part[8] = {0}, sum = 0;

#pragma omp parallel num_threads(4)
		{
#pragma omp for schedule(dynamic, 7)
			for (int i = 0; i < N; i++)
				for (int j = 0; j < N; j++)
					b[i][j] = tanh(a[i][j] + a[j][i] * 0.5 +
						       a[(i + step) % N][j]);
#pragma omp for schedule(static)
			for (int i = 0; i < 8; i++)
				for (int j = i * N / 8; j < (i + 1) * N / 8; j++)
					part[i] += b[j][step % N];
#pragma omp for
			for (int i = 0; i < N; i++)
				for (int j = 0; j < N; j++)
					a[i][j] = b[j][i] * 0.9;
		}
		for (int i = 0; i < 8; i++)
			sum += part[i];
		if (step % 10 == 0)
			printf("%d %a\n", step, sum);
		fflush(stdout);
		if (step % 80 == 70 && step < 400) {
			snprintf(name, sizeof(name), "progress/%d", step / 80 + 1);
			mkdir(name, 0755);
		}
	}
	return 0;
}
S
cc -O2 -fopenmp -o app app.c -lm 2>> trace || skip "no OpenMP"
OMP_NUM_THREADS=4 compare "$W/app"
