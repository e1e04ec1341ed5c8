# Claim: GROMACS on threads (water, -reprod) ends with the same coordinates
# and velocities, bit for bit.
. "$ROOM/apps.sh"
command -v gmx >> trace || skip "no GROMACS"
export GMX_MAXBACKUP=-1 GMX_NO_QUOTES=1
mkdir -p input prepare && cd prepare || exit 1
cat > water.mdp <<'S'
integrator = md
nsteps = 1500
dt = 0.002
nstlog = 100
nstenergy = 100
coulombtype = reaction-field
rcoulomb = 0.9
rvdw = 0.9
tcoupl = v-rescale
tc-grps = System
tau-t = 0.1
ref-t = 300
ld-seed = 7
gen-vel = yes
gen-temp = 300
gen-seed = 7
S
{
	echo '#include "oplsaa.ff/forcefield.itp"'
	echo '#include "oplsaa.ff/spce.itp"'
	printf '[ system ]\nwater\n[ molecules ]\n'
} > topol.top
gmx -quiet solvate -cs spc216 -box 2.2 2.2 2.2 -p topol.top -o water.gro >> ../trace 2>&1 &&
	gmx -quiet grompp -f water.mdp -c water.gro -p topol.top -maxwarn 5 -o ../input/run.tpr >> ../trace 2>&1 ||
	fail "GROMACS cannot prepare its input"
cd ..
cat > input/app.sh <<'S'
gmx -quiet mdrun -s run.tpr -deffnm md -reprod -ntmpi 1 -ntomp 2 -nb cpu > mdrun.log 2>&1 &
gmx=$!
for k in 1 2 3 4; do
	until [ "$(grep -c '^ *Step' md.log 2> /dev/null)" -ge $((k * 3)) ]; do
		kill -0 $gmx || exit 1
		sleep 0.05
	done
	mkdir -p progress/$k
done
wait $gmx
echo "mdrun ended with $?"
grep -A1 '^ *Step' md.log | grep -v Step
# what has the time of day in it
rm -f mdrun.log md.log md.edr md.cpt
S
compare /bin/bash app.sh
