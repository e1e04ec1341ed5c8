#!/usr/bin/env bats
# module.bats - `module load ckpt` under Lmod, and the same in plain Tcl.
# $BUILD/tree has the installed layout.

LMOD=/usr/share/lmod/lmod/init/bash

# in_shell MODULE_TREE COMMANDS: a fresh shell that has `module`
in_shell() {
    [ -r "$LMOD" ] || skip "Lmod is not installed"
    env -u MODULEPATH -u CKPT_ROOT -u MANPATH PATH=/usr/bin:/bin \
        bash --norc -c "source $LMOD; module use '$1'; $2"
}

@test "module load ckpt puts ckpt into PATH" {
    run in_shell "$BUILD/tree/share/modulefiles" \
        'module load ckpt && ckpt --version'
    [ "$status" -eq 0 ]
    [[ $output == "ckpt "[0-9]* ]]
}

@test "module load ckpt brings start_coordinator" {
    run in_shell "$BUILD/tree/share/modulefiles" \
        'module load ckpt && command -v start_coordinator'
    [ "$output" = "$BUILD/tree/bin/start_coordinator" ]
}

@test "module unload ckpt leaves nothing behind" {
    run in_shell "$BUILD/tree/share/modulefiles" \
        'module load ckpt; module unload ckpt
         command -v ckpt; echo "root=$CKPT_ROOT"'
    [ "$output" = "root=" ]
}

@test "the module's version is that of the program" {
    run in_shell "$BUILD/tree/share/modulefiles" \
        'module load ckpt && module -t list 2>&1'
    [ "$output" = "ckpt/$("$BUILD/tree/bin/ckpt" --version |
        cut -d' ' -f2)" ]
}

@test "the module keeps a MANPATH that is set and prepends to it" {
    run in_shell "$BUILD/tree/share/modulefiles" \
        'export MANPATH=/x/man; module load ckpt; echo "$MANPATH"'
    [ "$output" = "$BUILD/tree/share/man:/x/man" ]
}

@test "a moved tree's module finds the moved program" {
    cp -a "$BUILD/tree" "$BATS_TEST_TMPDIR/elsewhere"
    run in_shell "$BATS_TEST_TMPDIR/elsewhere/share/modulefiles" \
        'module load ckpt && command -v ckpt'
    [ "$output" = "$BATS_TEST_TMPDIR/elsewhere/bin/ckpt" ]
}

@test "a link from a site's module tree finds the program" {
    mkdir -p "$BATS_TEST_TMPDIR/site/ckpt"
    ln -s "$BUILD"/tree/share/modulefiles/ckpt/*.lua \
        "$BATS_TEST_TMPDIR/site/ckpt/"
    run in_shell "$BATS_TEST_TMPDIR/site" \
        'module load ckpt && command -v ckpt'
    [ "$output" = "$BUILD/tree/bin/ckpt" ]
}

@test "a modulefile that was copied away says where it belongs" {
    mkdir -p "$BATS_TEST_TMPDIR/site/ckpt"
    cp "$BUILD"/tree/share/modulefiles/ckpt/*.lua "$BATS_TEST_TMPDIR/site/ckpt/"
    run in_shell "$BATS_TEST_TMPDIR/site" 'module load ckpt'
    [ "$status" -ne 0 ]
    [[ $output == *"ckpt is not at"* ]]
}

@test "the Tcl modulefile does the same" {
    run in_shell "$BUILD/tree/share/modulefiles-tcl" \
        'module load ckpt && ckpt --version && echo "$CKPT_ROOT"'
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "$BUILD/tree" ]
}

@test "the Tcl modulefile works under Environment Modules" {
    tcl=$(find /usr/lib -name modulecmd.tcl 2>/dev/null | head -n1)
    [ -n "$tcl" ] || skip "Environment Modules is not installed"
    run env MODULEPATH="$BUILD/tree/share/modulefiles-tcl" \
        tclsh "$tcl" bash load ckpt
    [[ $output == *"CKPT_ROOT=$BUILD/tree;"* ]]
}
