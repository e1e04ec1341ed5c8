# san.mk - `make san`: everything hosted under AddressSanitizer and
# UndefinedBehaviorSanitizer, and the unit tests run with it. The runtime
# and the restorer cannot be: they run without a libc of their own.

SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all \
             -fno-omit-frame-pointer

CHECKS += check-san
.PHONY: san check-san
check-san: san
san:
	ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 \
	UBSAN_OPTIONS=print_stacktrace=1 \
	$(MAKE) BUILD=$(BUILD)/san SAN='$(SAN_FLAGS)' OPT='-O1 -g' check-unit
