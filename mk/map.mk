# map.mk - the export map of libckpt.so, from the list of interposed functions.

RUNTIME_MAP := $(BUILD)/libckpt.map

$(RUNTIME_MAP): runtime/libckpt.map.in runtime/interpose/wrappers.def
	@mkdir -p $(@D)
	$(CC) -E -P -undef -I. -x c -o $@ $<
