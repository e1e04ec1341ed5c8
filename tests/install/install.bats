#!/usr/bin/env bats
# install.bats - what `make install` puts, and that it may be moved.

setup_file() {
    export ROOT=$BATS_FILE_TMPDIR/root MAKEFLAGS=
    make -s BUILD="$BUILD" DESTDIR="$ROOT" prefix=/opt/a-prefix install
}

@test "make install puts programs, libraries, pages and scripts" {
    cd "$ROOT/opt/a-prefix"
    for f in bin/ckpt bin/start_coordinator lib/ckpt/libckpt.so \
        lib/ckpt/libckpt-restore.so include/ckpt/ckpt.h \
        share/man/man1/ckpt.1 share/bash-completion/completions/ckpt; do
        [ -f "$f" ] || { echo "missing: $f"; return 1; }
    done
    [ -f share/modulefiles/ckpt/"$(bin/ckpt --version | cut -d' ' -f2)".lua ]
}

@test "make install puts the plugin where Slurm's headers are" {
    [ -e /usr/include/slurm/spank.h ] || skip "no Slurm headers"
    [ -f "$ROOT/opt/a-prefix/lib/slurm/spank_ckpt.so" ]
}

@test "nothing installed can be written by others" {
    [ -z "$(find "$ROOT" -perm /022 ! -type l ! -path "$ROOT")" ]
}

@test "no installed file knows the build directory or the prefix" {
    ! grep -rlF -e "$BUILD/tree" -e /opt/a-prefix "$ROOT/opt/a-prefix"
}

@test "a moved installation launches a program" {
    cp -a "$ROOT/opt/a-prefix" "$BATS_TEST_TMPDIR/moved"
    cd "$BATS_TEST_TMPDIR"
    HOME=$BATS_TEST_TMPDIR run moved/bin/ckpt launch --dir d -- \
        sh -c 'echo ran; exit 7'
    [ "$status" -eq 7 ]
    [[ $output == *ran* ]]
}

@test "make uninstall takes away what install put" {
    cp -a "$ROOT" "$BATS_TEST_TMPDIR/root"
    make -s BUILD="$BUILD" DESTDIR="$BATS_TEST_TMPDIR/root" \
        prefix=/opt/a-prefix uninstall
    [ -z "$(find "$BATS_TEST_TMPDIR/root" ! -type d)" ]
}
