#%Module1.0
## ckpt.tcl - `module load ckpt` under Environment Modules (plain Tcl).
##
## Installed as <prefix>/share/modulefiles-tcl/ckpt/<version>, it finds the
## prefix from its own place, so a tree may be moved. A site that keeps its
## modulefiles elsewhere makes a symbolic link to this file.

proc ModulesHelp { } {
    puts stderr "ckpt: transparent checkpoint and restart, in Slurm and without."
    puts stderr "  sbatch --checkpoint-interval=10 job.sh    every ten minutes"
    puts stderr "  ckpt launch ./app                         without Slurm"
    puts stderr "  ckpt --help, man ckpt                     everything else"
}
module-whatis "transparent checkpoint/restart"

set ckpt_file $ModulesCurrentModulefile
# A link is followed; a relative one counts from where it stands.
while {[file type $ckpt_file] eq "link"} {
    set ckpt_file [file join [file dirname $ckpt_file] \
                       [file readlink $ckpt_file]]
}
set ckpt_root [file dirname [file dirname [file dirname \
                   [file dirname [file normalize $ckpt_file]]]]]
if {![file exists $ckpt_root/bin/ckpt]} {
    puts stderr "ckpt is not at $ckpt_root: $ckpt_file must be <prefix>/share/modulefiles-tcl/ckpt/<version>, or a symbolic link to it"
    break
}

conflict dmtcp
setenv CKPT_ROOT $ckpt_root
prepend-path PATH $ckpt_root/bin
# With MANPATH unset, man finds the pages beside PATH; setting it would
# hide the system's.
if {[info exists env(MANPATH)]} {
    prepend-path MANPATH $ckpt_root/share/man
}
