# Claim: LAMMPS (one MPI process and the daemon that it starts) ends with the same energies
# and dump, byte for byte.
. "$ROOM/apps.sh"
command -v lmp >> trace || skip "no LAMMPS"
mkdir -p input
cat > input/in.lj <<'S'
units lj
atom_style atomic
lattice fcc 0.8442
region box block 0 10 0 10 0 10
create_box 1 box
create_atoms 1 box
mass 1 1.0
velocity all create 1.44 87287
pair_style lj/cut 2.5
pair_coeff 1 1 1.0 1.0 2.5
neigh_modify every 20 delay 0 check no
fix 1 all nve
dump d all custom 500 dump.txt id x y z
dump_modify d sort id flush yes format float %20.15g
thermo_style custom step temp epair etotal press
thermo_modify flush yes format float %20.15g
thermo 50
variable k loop 5
label again
run 300 post no
shell mkdir -p progress/${k}
next k
jump SELF again
S
cat > input/app.sh <<'S'
lmp -in in.lj -log none -screen screen > /dev/null
echo "lmp ended with $?"
grep -E '^ *[0-9]+ +[-0-9.]+ ' screen
rm -f screen
S
compare /bin/bash app.sh
