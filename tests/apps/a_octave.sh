# Claim: an Octave program gives the same numbers, also in a file
# that it opens for each line.
. "$ROOM/apps.sh"
command -v octave-cli >> trace || skip "no Octave"
mkdir -p input
cat > input/app.m <<'S'
rand("twister", 5);
a = rand(250);
out = fopen("results.txt", "a");
for step = 1:120
  a = tanh(a * a' / 250) + 0.01 * rand(1);
  log = fopen("log.txt", "a");
  fprintf(log, "%d %.17g\n", step, a(1));
  fclose(log);
  if (mod(step, 10) == 0)
    fprintf(out, "%d %.17g\n", step, sum(a(:)));
    printf("%d %.17g\n", step, norm(a));
    fflush(stdout);
  end
  if (any(step == [20 45 70 95]))
    mkdir("progress", num2str((step - 20) / 25 + 1));
  end
end
fclose(out);
S
compare octave-cli --norc --no-history app.m
