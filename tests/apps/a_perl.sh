# Claim: a Perl program with hashes, closures, regular expressions and a pipe
# to a child goes on in the middle; lines that it and others append to a
# file stand there once.
. "$ROOM/apps.sh"
command -v perl >> trace || skip "no perl"
mkdir -p input
cat > input/app.pl <<'S'
use strict;
use warnings;
$| = 1;
my (%h, @jobs);
srand(42);
open(my $p, "|-", "sort | uniq -c > counted") or die;
for my $step (1 .. 240) {
	for my $i (1 .. 5000) {
		my $w = join "", map { chr(97 + ($step * 7 + $i * $_) % 26) } 1 .. 4;
		$h{$w}++;
		(my $x = $w) =~ s/([aeiou])(.)/$2$1/g;
		print $p "$x\n" if $i % 50 == 0;
	}
	open(my $log, ">>", "log") or die;
	print $log "$step\n";
	close($log);
	system("echo $step >>log") if $step % 20 == 0;
	push @jobs, sub { $step * scalar keys %h };
	print "$step ", scalar(keys %h), " ", int(rand(1000)), "\n";
	if ($step % 50 == 0 && $step <= 200) { mkdir "progress/" . $step / 50 }
}
print join(",", map { $_->() } @jobs[0 .. 5]), "\n";
close($p) or die "sort gave $?";
S
compare perl app.pl
