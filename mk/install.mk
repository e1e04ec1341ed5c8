# install.mk - the tree beside the binaries, and `make install`.

.PHONY: tree-extras
tree-extras:
