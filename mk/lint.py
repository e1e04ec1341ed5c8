#!/usr/bin/env python3
"""lint.py - the house rules that can be seen by reading the text.

Each rule is one function named rule_*, which yields what breaks it as
(file, line, text). Prints the offences and ends with "N passed, N failed".
Usage: lint.py [CKPT]   (a built bin/ckpt, for the rules that ask it)
"""
import os
import re
import subprocess
import sys

CKPT = sys.argv[1] if len(sys.argv) > 1 else None

# Who may know whom, by include lines: first match decides.
BARE = ("lib/sys", "lib/arch", "lib/wire", "lib/proto", "lib/image")
KNOWS = [
    ("lib/sys", ("lib/sys", "lib/arch")),
    ("lib/nolibc", ()),
    ("lib/arch", ("lib/sys", "lib/arch")),
    ("lib/wire", ("lib/sys", "lib/arch", "lib/wire")),
    ("lib/proto", ("lib/sys", "lib/arch", "lib/wire", "lib/proto")),
    ("lib/image", ("lib/sys", "lib/arch", "lib/wire", "lib/proto",
                   "lib/image")),
    ("lib/base", BARE + ("lib/base",)),
    ("lib/", ("lib/", "restart/ops.h")),
    ("coordinator/", ("lib/", "coordinator/")),
    ("runtime/", BARE + ("runtime/", "ckpt/")),
    ("restart/blob", BARE + ("restart/blob", "restart/ops.h")),
    ("restart/", ("lib/", "restart/")),
    ("cli/", ("lib/", "cli/", "coordinator/coordinator.h",
              "coordinator/queue.h", "restart/")),
    ("spank/", ("lib/", "spank/")),
    ("include/", ("ckpt/",)),
]

# The one file of each program that reads the environment.
ENV_FILES = {"lib/base/env.c", "runtime/env.c", "spank/env.c"}
# Code that runs in somebody else's process, or without libc.
GUEST = BARE + ("runtime/", "restart/blob")
# What guest code must not call: it allocates, locks, prints or ends.
NO_CALL = ("malloc calloc realloc free strdup printf fprintf snprintf "
           "vsnprintf sprintf puts perror fopen fdopen opendir "
           "exit _exit abort assert setenv putenv strerror").split()
# Wrappers call the real function under its own name's prefix; these files
# hold code that runs on the program's own thread, with libc.
LIBC_OK = re.compile(r"^runtime/(interpose|virt)/|^runtime/(init|api)\.c$")


def files():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True, check=True).stdout
    return [f for f in sorted(set(out.split("\n")))
            if f and os.path.isfile(f)]


ALL = files()
SOURCE = [f for f in ALL if f.endswith((".c", ".h"))]
OURS = [f for f in SOURCE if not f.startswith("tests/")]
_text = {}


def text(f):
    if f not in _text:
        with open(f, encoding="utf-8", errors="surrogateescape") as h:
            _text[f] = h.read()
    return _text[f]


def blank(m):
    """A comment or string as blanks, with its line ends kept."""
    return re.sub(r"[^\n]", " ", m.group(0))


_code = {}


def code(f):
    """The text without comments and strings, lines where they were."""
    if f not in _code:
        _code[f] = re.sub(
            r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'",
            blank, text(f), flags=re.S)
    return _code[f]


def hits(f, body, pattern, flags=0):
    for m in re.finditer(pattern, body, flags):
        yield m, body.count("\n", 0, m.start()) + 1


def rule_rooms():
    """A room includes only what it may know."""
    for f in OURS:
        may = next((m for room, m in KNOWS if f.startswith(room)), None)
        if may is None:
            continue
        for m, n in hits(f, text(f), r'^\s*#\s*include\s+"([^"]+)"', re.M):
            inc = m.group(1)
            if "/" not in inc:
                yield f, n, f'"{inc}": include with the path from the top'
            elif not inc.startswith(may):
                yield f, n, f'must not know "{inc}"'


def rule_file_length():
    """Sources have at most 600 lines, headers 160."""
    for f in SOURCE:
        n = text(f).count("\n")
        limit = 160 if f.endswith(".h") else 600
        if "CK_RECORD(" in text(f):  # a format is declared in one place
            limit = max(limit, 200)
        if n > limit:
            yield f, n, f"{n} lines, at most {limit}"


def rule_function_length():
    """Functions have at most 80 lines."""
    for f in SOURCE:
        start = None
        for n, line in enumerate(code(f).split("\n"), 1):
            if line.startswith("{"):
                start = n
            elif line.startswith("}") and start:
                if n - start + 1 > 80:
                    yield f, start, f"function of {n - start + 1} lines"
                start = None


def rule_contract():
    """Each source begins with '/*', its name, and what it is for."""
    for f in OURS:
        base = re.escape(os.path.basename(f))
        if not re.match(r"/\*[\s*]*([\w/]+/)?" + base + r" - \S", text(f)):
            yield f, 1, f"must begin with: /* {os.path.basename(f)} - ..."


def rule_guard():
    """Headers have an include guard."""
    for f in OURS:
        if f.endswith(".h") and not re.search(
                r"^#ifndef (\w+)\n#define \1\b", text(f), re.M):
            yield f, 1, "no include guard"


def rule_getenv():
    """The environment is read in one file of each program."""
    for f in OURS:
        if f in ENV_FILES:
            continue
        for _, n in hits(f, code(f), r"(?<![\w>.])(secure_)?getenv\s*\("):
            yield f, n, "getenv outside " + ", ".join(sorted(ENV_FILES))


def hosted_only(f):
    return re.search(r"^#if !defined\(CKPT_RUNTIME\)", text(f), re.M)


def rule_guest_calls():
    """Code inside the user's process does not allocate, print or end it."""
    calls = r"(?<![\w>.\"])(" + "|".join(NO_CALL) + r")\s*\("
    for f in OURS:
        if not f.startswith(GUEST) or LIBC_OK.match(f) or hosted_only(f):
            continue
        for m, n in hits(f, code(f), calls):
            yield f, n, f"{m.group(1)}() in code that has no libc to use"


def rule_no_ending():
    """Nothing in runtime/ ends the user's process (a wrapper may)."""
    for f in OURS:
        if f.startswith("runtime/"):
            for m, n in hits(f, code(f),
                             r"(?<![\w>.])(?<!\nvoid )"
                             r"(exit|_exit|_Exit|abort)\s*\("):
                yield f, n, f"{m.group(1)}() in runtime/"


def rule_no_loose_ends():
    """No note of what is still to be done."""
    words = re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b")
    for f in ALL:
        if f.endswith((".png", ".img", ".gz")):
            continue
        for _, n in hits(f, text(f), words.pattern):
            yield f, n, "a loose end: do it, refuse it, or say it in limits"


def rule_whitespace():
    """No trailing blanks, no tabs in C, lines of at most 100 characters."""
    for f in SOURCE:
        for n, line in enumerate(text(f).split("\n"), 1):
            if line != line.rstrip():
                yield f, n, "blank at the end of the line"
            if "\t" in line:
                yield f, n, "tab"
            if len(line) > 100:
                yield f, n, f"{len(line)} characters"


def rule_static_names():
    """Names that others see begin with ck_."""
    pat = re.compile(r"^(?!static|typedef|extern|struct|enum|union|return)"
                     r"[a-z][\w \*]*?\b(\w+)\([^;{]*\)\s*\{", re.M)
    odd = re.compile(r"^runtime/interpose/|^spank/|^lib/(arch|nolibc)/|"
                     r"^restart/blob/|^include/|^runtime/(api|virt/)")
    for f in OURS:
        if not f.endswith(".c") or odd.match(f):
            continue
        for m in pat.finditer(code(f)):
            head = m.group(0).split("(")[0]
            name = m.group(1)
            if "static" in head or name.startswith(("ck_", "ckpt_")):
                continue
            if name in ("main", "if", "for", "while", "switch"):
                continue
            n = code(f).count("\n", 0, m.start()) + 1
            yield f, n, f"{name}: visible names begin with ck_"


def rule_kinds_documented():
    """Each kind of resource in lib/res is told about in docs/limits.md."""
    limits = text("docs/limits.md") if "docs/limits.md" in ALL else ""
    for f in OURS:
        if f.startswith("lib/res/") and f.endswith(".c"):
            for m, n in hits(f, text(f), r"\.name\s*=\s*\"([a-z-]+)\""):
                if f"`{m.group(1)}`" not in limits:
                    yield f, n, f"kind `{m.group(1)}` not in docs/limits.md"


def rule_links():
    """Links in the documents lead somewhere."""
    for f in ALL:
        if not f.endswith(".md"):
            continue
        for m, n in hits(f, text(f), r"\]\(([^)#:\s]+)(#[^)]*)?\)"):
            at = os.path.normpath(os.path.join(os.path.dirname(f),
                                               m.group(1)))
            if not os.path.exists(at):
                yield f, n, f"{m.group(1)} does not exist"


def ask(*args):
    r = subprocess.run([CKPT, *args, "--help"], capture_output=True,
                       text=True, timeout=20, check=False)
    return r.stdout if r.returncode == 0 else None


def options(s):
    return set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", s))


def rule_man_options():
    """A command's page and its --help name the same options."""
    if not CKPT or not os.access(CKPT, os.X_OK):
        return
    listing = ask()
    if listing is None:
        yield "cli/", 0, "ckpt --help fails"
        return
    for cmd in re.findall(r"^  (?!ckpt )([a-z]+)\s", listing, re.M):
        usage = ask(cmd)
        page = f"docs/man/ckpt-{cmd}.1"
        if usage is None:
            yield f"cli/{cmd}.c", 0, f"ckpt {cmd} --help fails"
            continue
        if not os.path.isfile(page):
            yield page, 0, f"no page for ckpt {cmd}"
            continue
        body = "\n".join(line for line in text(page).split("\n")
                         if re.match(r"\.(It )?(Fl|Op|Ar)|\.It", line))
        have = {"-" + o for o in re.findall(r"Fl (-[a-z][a-z-]+)", body)}
        want = options(usage) - {"--help"}
        have -= {"--help"}
        for o in sorted(want - have):
            yield page, 0, f"{o} is in --help and not in the page"
        for o in sorted(have - want):
            yield page, 0, f"{o} is in the page and not in --help"


def rule_man_links():
    """A page refers only to pages that are there."""
    for f in ALL:
        if not f.startswith("docs/man/"):
            continue
        for m, n in hits(f, text(f), r"^\.Xr (\S*(?:ckpt|_coord)\S*) (\d)",
                         re.M):
            if not os.path.isfile(f"docs/man/{m.group(1)}.{m.group(2)}"):
                yield f, n, f"no page {m.group(1)}({m.group(2)})"


def rule_job_options():
    """ckpt-sbatch(1) names the options that the plugin registers."""
    src, page = "spank/options.c", "docs/man/ckpt-sbatch.1"
    if src not in ALL or page not in ALL:
        return
    want = set(re.findall(r'\{"(checkpoint-[a-z]+)"', text(src)))
    have = set(re.findall(r"^\.It Fl -(checkpoint-[a-z]+)", text(page), re.M))
    for o in sorted(want ^ have):
        yield page, 0, f"--{o} is in only one of plugin and page"


def rule_log_lines():
    """docs/admin.md explains lines that the log can have."""
    page = "docs/admin.md"
    if page not in ALL:
        return
    said = re.sub(r'"\s*"', "", "".join(
        text(f) for f in OURS if f.startswith(("coordinator/", "spank/"))))
    part = text(page).split("### What the log says")[1].split("\n## ")[0]
    first = text(page)[:text(page).index(part)].count("\n") + 1
    for m, n in hits(page, part, r"^\| `([^`]+)` \|", re.M):
        for piece in m.group(1).split(" ... "):
            if piece not in said:
                yield page, first + n - 1, f'nobody says "{piece}"'


def rule_exports():
    """libckpt.so exports what wrappers.def and api.c name, nothing else."""
    defs = "runtime/interpose/wrappers.def"
    lib = CKPT and os.path.join(os.path.dirname(CKPT), "../lib/ckpt/libckpt.so")
    if not lib or not os.path.isfile(lib) or defs not in ALL:
        return
    nm = subprocess.run(["nm", "-D", "--defined-only", lib], check=True,
                        capture_output=True, text=True).stdout
    have = {line.split()[-1].split("@")[0] for line in nm.splitlines()}
    body = re.sub(r"/\*.*?\*/", blank, text(defs), flags=re.S)
    want = set(re.findall(r"^CK_AS\((\w+),", body, re.M))
    want |= {m for m in re.findall(r"^CK_FN\([^,]+,\s*(\w+),", body, re.M)}
    for name in sorted(have - want):
        if not name.startswith("ckpt_rt_"):
            yield lib, 0, f"exports {name}, which {defs} does not name"
    for name in sorted(want - have):
        yield defs, 0, f"{name} is not exported: nothing defines it"


def main():
    passed = failed = 0
    for name, rule in sorted(globals().items()):
        if not name.startswith("rule_"):
            continue
        bad = list(rule())
        if bad:
            failed += 1
            print(f"-- {rule.__doc__}")
            for f, n, what in bad:
                print(f"{f}:{n}: {what}" if n else f"{f}: {what}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
