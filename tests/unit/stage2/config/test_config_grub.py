# SPDX-License-Identifier: BSD-2-Clause
"""Compares the config language with GRUB: the same scripts run in grub-emu, which is GRUB as a
program of the host, and in config_shell, the evaluator of stage 2. Both must show the same. GRUB's
own messages are left out."""

import hashlib
import os
import pathlib
import re
import subprocess
import zlib

import pytest

SHELL = pathlib.Path(os.environ["BUILD"]).resolve() / "unit" / "config_shell"
CONFIG = "boot/grub/grub.cfg"
GRUBS_OWN = re.compile(rb"^(error: .*|  Booting `.*|Press any key to continue.*|Welcome to GRUB!|Compare file .*|The files are .*|Files differ .*)\n+", re.MULTILINE)
PROGRESS = re.compile(rb" *\[ [^\]\n]*B/s \]")
SEQUENCES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z])")



def block(settings):
    """GRUB's environment block."""
    return ("# GRUB Environment Block\n" + settings).ljust(1024, "#")


def words(*values):
    """32-bit words, little-endian."""
    return b"".join((value & 0xFFFFFFFF).to_bytes(4, "little") for value in values).decode("latin-1")


def place(size, fields):
    """Zeros with bytes at offsets."""
    data = bytearray(size)
    for offset, value in fields.items():
        data[offset:offset + len(value)] = value
    return data.decode("latin-1")


def linux(version, flags, sectors=4):
    """A Linux kernel's setup header."""
    return place(4096, {0x1F1: bytes([sectors]), 0x1FE: b"\x55\xaa", 0x202: b"HdrS",
                        0x206: version.to_bytes(2, "little"), 0x211: bytes([flags])})


def portable(machine, magic, subsystem=10):
    """The headers of a PE file."""
    return place(1024, {0: b"MZ", 0x3C: b"\x80", 0x80: b"PE\0\0", 0x84: machine.to_bytes(2, "little"),
                        0x98: magic.to_bytes(2, "little"), 0x80 + 24 + 68: bytes([subsystem])})


HASHED = {"a": "a", "b": "b", "long": "".join(map(str, range(10000))), "block": "x" * 64, "almost": "x" * 119, "two": "x" * 128, "small": "x" * 56}
HASHES = {**{kind: lambda text, kind=kind: hashlib.new(kind, text.encode()).hexdigest() for kind in ("md5", "sha1", "sha256", "sha512")},
          "crc32": lambda text: f"{zlib.crc32(text.encode()):08x}"}

# The text of each file; those whose characters are all below 256 are bytes.
FILES = {
    "boot/grub/part.cfg": "echo part $x\ny=set-in-part\nfunction from_part { echo from $1; }\n",
    "boot/grub/inner.cfg": "source $prefix/part.cfg\necho inner\n",
    "boot/grub/bom-free.cfg": "echo no newline at the end",
    "boot/grub/empty": "",
    "boot/grub/grubenv": block("one=1\ntwo=a b\nback=x\\\\y\\z\nempty=\n# no=1\n"),
    "boot/grub/other/env": block("one=other\n"),
    "boot/grub/other/no-block": "one=2\n",
    "boot/grub/other/no-filling": "# GRUB Environment Block\none=3\n",
    "boot/grub/conf.d/10.cfg": "echo ten\n",
    "boot/grub/conf.d/20.cfg": "echo twenty\n",
    "boot/grub/conf.d/.hidden.cfg": "echo hidden\n",
    "boot/grub/conf.d/a b.txt": "blank",
    "boot/grub/conf.d/sub/x.cfg": "echo x\n",
    "boot/grub/menu.lst": "default 1\nsavedefault\n",
    **{f"boot/grub/sums.{kind}": "".join(f"{hash_of(HASHED[name])}  {name}\n" for name in HASHED) + f"{hash_of('x')}  a\n{hash_of('b')}  b\n"
       for kind, hash_of in HASHES.items()},
    **{f"boot/grub/h/{name}": text for name, text in HASHED.items()},
    "boot/grub/k/mb1": words(0, 0, 0x1BADB002, 0, -0x1BADB002) + "x" * 64,
    "boot/grub/k/mb1-sum": words(0, 0, 0x1BADB002, 0, 1) + "x" * 64,
    "boot/grub/k/mb1-last": "x" * 8180 + words(0x1BADB002, 0, -0x1BADB002) + "x" * 64,
    "boot/grub/k/mb1-far": "x" * 8192 + words(0x1BADB002, 0, -0x1BADB002) + "x" * 64,
    "boot/grub/k/mb2": words(0, 0, 0xE85250D6, 0, 24, -(0xE85250D6 + 24), 0, 8) + "x" * 64,
    "boot/grub/k/mb2-unaligned": words(0, 0xE85250D6, 0, 24, -(0xE85250D6 + 24), 0, 8) + "x" * 64,
    "boot/grub/k/linux": linux(0x20A, 1),
    "boot/grub/k/linux-low": linux(0x20A, 0),
    "boot/grub/k/linux-old": linux(0x1FF, 1),
    "boot/grub/k/linux-sectors": linux(0x20A, 1, sectors=65),
    "boot/grub/k/sector": "\0" * 510 + "\x55\xaa",
    "boot/grub/k/sector-long": "\0" * 510 + "\x55\xaa" + "\0",
    "boot/grub/k/x64": portable(0x8664, 0x20B),
    "boot/grub/k/i386": portable(0x14C, 0x10B),
    "boot/grub/k/windows": portable(0x8664, 0x20B, 3),
}



def succeeds(*commands):
    """A script that says of each command whether it succeeds, in lines with a mark: GRUB breaks its longer messages."""
    return "\n".join(f"{command}; if [ $? = 0 ]; then echo @ {number} yes; else echo @ {number} no; fi"
                     for number, command in enumerate(commands))


def found(*patterns):
    """A script that shows which groups of a match expressions have: expression, text."""
    return "\n".join(f"unset a; unset b; unset c; regexp --set 0:a --set b --set 2:c '{expression}' '{text}'; echo {number} $? \"<$a|$b|$c>\""
                     for number, (expression, text) in enumerate(patterns))


TYPES = ("x86-multiboot", "x86-multiboot2", "x86-linux", "x86-linux32", "x86-bios-bootsector", "i386-efi", "x86_64-efi")

# A script that ends before a menu comes is followed by an exit for GRUB.
SCRIPTS = {
    # ---- words
    "blanks between words are one": "echo a   b\tc\n echo d\n\techo e",
    "quotes": """echo "a  b" 'c  d' "e"'f'g x"y z"w\necho '' "" end""",
    "double quotes know few escapes": r'''echo "a\"b\\c\$d\e\n"''',
    "single quotes know none": r"""echo 'a\b$c"d'""",
    "backslash": r"""echo a\ b \"c\" \$d \\ \'e\;f\#""",
    "continued lines": 'echo a\\\nb c \\\n d\necho "e\\\nf"',
    "lines inside quotes": 'echo "a\nb" \'c\nd\'',
    "comments": "echo a # b\n# c\necho d#e\n  # f\necho g '#h' \"#i\"",
    "semicolons": "echo a;echo b; echo c ;\necho d",
    "a carriage return": "echo a\r\necho b\r\n",
    "carriage returns after all kinds of words": "x=5\r\necho $x\r\necho ${x}\r\nset y=$x\r\necho $y $?\r\nfor i in $x $y\r\ndo\r\necho $i\r\ndone\r\nfunction f {\r\necho $1\r\n}\r\nf $y\r\nif [ $x = $y ]\r\nthen\r\necho '$'\r\nfi\r\n",
    "no newline at the end": "echo a",
    "UTF-8": "echo größe ✓",
    "brackets are words": "echo ] [ [x]",
    # ---- variables
    "loopback": succeeds("loopback l $prefix/part.cfg", "loopback l $prefix/part.cfg", "loopback -d l", "loopback -d l",
                         "loopback l $prefix/part.cfg", "loopback m $prefix/none", "loopback n none", "loopback", "loopback x"),
    "variables": 'x=5\necho $x ${x}y "${x}y" "$x" $x.y $x-y x$x$x \'$x\'',
    "a variable that is not set": 'echo a $nothing b "$nothing" c${nothing}d\necho "<$nothing>"',
    "a value with blanks outside quotes": "x='a  b'\necho $x c$x\nset y=$x\necho $y",
    "a value with quotes and dollars": "x='\"a\" $b \\c'\necho $x",
    "set": "set a=1\nset b=2 c=3\necho $a $b $c\nset a=\necho <$a>".replace("<", "'<'").replace(">", "'>'"),
    "set keeps blanks in quotes": 'set x="a  b"\necho "$x"\nset "y z=1"',
    "set without a value does nothing": "x=1\nset x\nset =5\nset x y\necho $x",
    "unset": "x=1\nunset x\necho a${x}b\nunset nothing\nunset",
    "a name before the equals sign": "_a1=b\necho $_a1\nx=y=z\necho $x",
    "digits in names": "a1=x\necho $a1 ${a1}2 $a1b",
    "an assignment whose name is in a variable": "n=x\n$n=5\necho $x",
    "a command in a variable": "c=echo\n$c a\nc='echo b'\n$c c",
    "export": "export x\nx=1\necho $x",
    "special variables": "true; echo x$?$0$1$#",
    "features": "echo $feature_menuentry_id $feature_default_font_path $feature_all_video_module",
    # ---- results
    "results of commands": "true; echo $?; false; echo $?; echo; echo $?; ! true; echo $?; ! false; echo $?",
    "an unknown command counts as a success after a not": "! nosuch; echo $?; if ! nosuch; then echo y; else echo n; fi",
    "parts of a block without its beginning": "echo a\nfi\necho b\ndone\nthen echo c\nelse; echo d\ndo\nelif true\necho e",
    "an unknown command counts as a success": "nosuch; echo $?\nif nosuch; then echo y; else echo n; fi",
    "an assignment's result": "false; x=1; echo $?; false; set y=1; echo $?",
    # ---- conditions
    "if": "if true; then echo a; fi; if false; then echo b; fi; echo $?",
    "if over lines": "if true\nthen\necho a\nelse\necho b\nfi\nif false\nthen\necho a\nelse\necho b\nfi",
    "elif": "for i in 1 2 3; do if [ $i = 1 ]; then echo a; elif [ $i = 2 ]; then echo b; else echo c; fi; done",
    "if in if": "if true; then if false; then echo a; else echo b; fi; echo c; else if true; then echo d; fi; fi",
    "several commands as a condition": "if true; false; then echo a; else echo b; fi",
    "not": "if ! true; then echo a; else echo b; fi; if ! [ a = b ]; then echo c; fi",
    "the result after an if": "if false; then echo a; fi; echo $?; if true; then false; fi; echo $?",
    "strings": "[ a = a ]; echo $?; [ a = b ]; echo $?; [ a == a ]; echo $?; [ a != b ]; echo $?; [ '' = '' ]; echo $?",
    "lengths": "[ -z '' ]; echo $?; [ -z a ]; echo $?; [ -n a ]; echo $?; [ -n '' ]; echo $?; [ a ]; echo $?; [ '' ]; echo $?",
    "numbers": "".join(f"[ {a} {op} {b} ]; echo {a} {op} {b} $?; " for op in ("-eq", "-ne", "-lt", "-le", "-gt", "-ge")
                       for a, b in ((1, 1), (1, 2), (2, 1), (-1, 1), (10, 9))),
    "hexadecimal and octal numbers": "[ 0x10 -eq 16 ]; echo $?; [ 010 -eq 8 ]; echo $?; [ 010 -eq 10 ]; echo $?; [ 5x -eq 5 ]; echo $?; [ -0x10 -lt -15 ]; echo $?; [ x -eq 0 ]; echo $?",
    "numbers after a common prefix": "[ a10 -pgt a9 ]; echo $?; [ a9 -plt a10 ]; echo $?; [ a10 -plt a9 ]; echo $?; [ a5 -pgt b3 ]; echo $?",
    "strings in order": "[ a '<' b ]; echo $?; [ b '<' a ]; echo $?; [ b '>' a ]; echo $?; [ a '<=' a ]; echo $?; [ a '>=' b ]; echo $?",
    "and, or, not": "".join(f"[ {words} ]; echo $?; " for words in (
        "a = a -a b = b", "a = a -a b = c", "a = b -o b = b", "a = b -o b = c", "! a = a", "! a = b", "! ! a = a",
        "a = b -a b = b -o c = c", "a = a -o b = b -a c = d", "! a = b -a b = b", "! -z x", "x -a y", "x -a ''")),
    "a bracket that is no word": "[ a = a]; echo $?; [ a = a ; echo $?; test a = a ]; echo $?; [ ]; echo $?; [ ']'; echo $?",
    "digits that octal numbers do not have": "[ 08 -eq 8 ]; echo $?; [ 09 -eq 9 ]; echo $?; [ 0 -eq 0 ]; echo $?; [ 00 -eq 0 ]; echo $?; [ 018 -eq 1 ]; echo $?",
    "parentheses": r"[ '(' a = a ')' ]; echo $?; [ '(' a = b ')' ]; echo $?; [ '(' a = b -o b = b ')' -a c = c ]; echo $?; [ ! '(' a = a ')' ]; echo $?; [ ! ( a = b ) ]; echo $?; [ ( ( a = a ) -a ! ( b = b ) ) -o ( '' ) ]; echo $?",
    "odd tests": "[ ]; echo $?; test; echo $?; [ a = a; echo $?; [ = ]; echo $?; [ a = ]; echo $?; test a; echo $?; test ''; echo $?",
    "files": "".join(f"[ {op} $prefix/{name} ]; echo {op} {name} $?; " for op in ("-e", "-f", "-d")
                     for name in ("part.cfg", "empty", "nothing", "", ".")),
    "files that are not empty": "".join(f"[ -s $prefix/{name} ]; echo {name} $?; " for name in ("part.cfg", "empty", "no")),
    # ---- loops
    "for": 'for i in a "b c" $nothing d; do echo $i; done; echo $i $?',
    "for over a variable": "l='1 2 3'; for i in $l; do echo $i; done; for i in \"$l\"; do echo $i; done",
    "for over nothing": "for i in $nothing; do echo $i; done; echo end",
    "for over lines": "for i in 1 2\ndo\necho $i\ndone",
    "the result of a for without a turn": "false; for i in $nothing; do true; done; echo $?; false; for i in a; do echo $?; done; echo $?",
    "for in for": "for i in 1 2; do for j in a b; do echo $i$j; done; done",
    "while": 'while [ "$x" != aaa ]; do x=a$x; echo $x; done; echo $?',
    "while over lines": 'while [ "$x" != aaa ]\ndo\n x=a$x\n echo $x\ndone',
    "until": 'until [ "$x" = aaa ]; do x=a$x; echo $x; done; echo $?',
    "while that is never true": "while false; do echo a; done; echo $?",
    "loops that are skipped": "if false; then for i in 1 2; do while true; do echo a; done; done; fi; while false; do for i in 1; do if true; then until true; do echo b; done; fi; done; done; echo c",
    "break": "for i in 1 2 3; do if [ $i = 2 ]; then break; fi; echo $i; done; echo end $i",
    "break out of two loops": "for i in 1 2; do for j in a b c; do if [ $j = b ]; then break 2; fi; echo $i$j; done; echo no; done; echo end",
    "break out of more loops than there are": "for i in 1 2; do break 5; echo no; done; echo end",
    "continue": "for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; echo $i; done; echo end",
    "continue the outer loop": "for i in 1 2; do for j in a b c; do if [ $j = b ]; then continue 2; fi; echo $i$j; done; echo no; done; echo end",
    "break in a condition": "while true; do if [ x$n = xaa ]; then break; else n=a$n; fi; echo $n; done",
    "break outside a loop": "break; continue; echo a",
    "an endless loop that ends": "n=; while true; do n=x$n; if [ $n = xxxxxxxx ]; then break; fi; done; echo $n",
    # ---- functions
    "functions": "function f { echo in f; }\nf\nf; f",
    "a function on several lines": "function f {\n echo a\n echo b\n}\nf",
    "arguments": 'function f { echo $# "<" $1 "|" $2 "|" $3 ">" $0; }\nf a "b c"\nf\nf 1 2 3 4',
    "more than nine arguments": "function f { echo $10 ${10} ${11} $9 $100 $1a; }\nf 1 2 3 4 5 6 7 8 9 a b",
    "a function of a name that is known": "function load_video { echo my $1; }\nload_video here",
    "all arguments": 'function f { for i in "$@"; do echo "[$i]"; done; for i in $*; do echo "($i)"; done; for i in "$*"; do echo "{$i}"; done; }\nf a "b c" d',
    "a function that calls another": "function f { echo f $1; g x$1; echo f $1; }\nfunction g { echo g $1; }\nf 1",
    "variables are global": "function f { x=2; }\nx=1\nf\necho $x",
    "return": "function f { echo a; return; echo b; }\nf\necho $?",
    "return with a number": "function f { return 3; }\nif f; then echo a; else echo b; fi\nfunction g { return 0; }\nif g; then echo a; fi",
    "return out of a loop": "function f { for i in 1 2 3; do if [ $i = 2 ]; then return; fi; echo $i; done; echo no; }\nf\necho end",
    "return outside a function": "return\necho a",
    "shift": "function f { echo $# $1; shift; echo $# $1; shift 2; echo $# $1; }\nf a b c d",
    "setparams": "function f { setparams x y; echo $# $1 $2; }\nf a b c",
    "a function defined twice": "function f { echo 1; }\nfunction f { echo 2; }\nf",
    "a function in a condition": "function f { true; }\nfunction g { false; }\nif f; then echo a; fi; if g; then echo b; fi",
    # ---- echo
    "echo -n": "echo -n a; echo -n b; echo; echo -n; echo c",
    "echo -e": r"echo -e 'a\tb\nc' 'd\\e' '\x\q'",
    "echo -e with \\c": r"echo -e 'a\cb' c; echo d",
    "echo with -n and -e": r"echo -ne 'a\n'; echo -en 'b\n'; echo -n -e 'c\n'; echo -e -n 'd\n'",
    "options of echo are first only": "echo a -n; echo -x; echo - a; echo -- a",
    "echo without words": "echo; echo ''; echo a",
    # ---- texts from elsewhere
    "source": "x=1\nsource $prefix/part.cfg\necho $y\nfrom_part here",
    "source by a dot": ". $prefix/part.cfg\necho $y",
    "source inside a source": "source $prefix/inner.cfg\necho end",
    "source in a condition": "if source $prefix/part.cfg; then echo a; else echo b; fi",
    "source of a missing file or none": "source $prefix/nothing.cfg\necho a\nsource\necho b",
    "source in a function": "function f { source $prefix/part.cfg; echo $1; }\nf a",
    "source in a loop": "for x in 1 2; do source $prefix/part.cfg; done",
    "source without a newline": "source $prefix/bom-free.cfg\necho a",
    "eval": "eval echo a b\neval \"x='c  d'; echo e\"\necho $x\nn=x; eval \"echo \\$$n\"",
    "cat": "cat $prefix/part.cfg",
    # ---- results of commands
    "commands that have too few words": succeeds(
        "insmod", "rmmod", "export", "loadfont", "gettext", "hexdump", "source",
        "configfile", "cat", "sleep", "cmp", "cmp a", "file", "probe", "regexp", "regexp a", "search", "save_env",
        "unset", "set x", "set =x", "return", "break", "continue", "shift", "setparams", "menuentry", "menuentry a",
        "submenu", "hashsum", "echo", "true", "test", "[ ]", "eval", "clear", "md5sum"),
    "commands whose files are missing": succeeds(
        "insmod nosuch", "loadfont nosuch", "loadfont /nosuch.pf2", "source /nosuch",
        "configfile /nosuch", "cat /nosuch", "ls /nosuch", "load_env -f /nosuch",
        "list_env -f /nosuch", "legacy_source /nosuch", "legacy_configfile /nosuch", "cmp /nosuch /nosuch2",
        "cmp $prefix/empty /nosuch", "file --is-x86-multiboot /nosuch", "md5sum /nosuch", "hashsum --hash md5 /nosuch",
        "search --file /nosuch", "search.file /nosuch", "background_image /nosuch"),
    "commands that find their files": succeeds(
        "loadfont $prefix/empty", "loadfont $prefix/part.cfg",
        "legacy_source $prefix/menu.lst", "source $prefix/empty", "configfile $prefix"),
    "words that commands do not know": succeeds(
        "file --nosuch $prefix/empty", "file $prefix/empty",
        "file --is-x86-multiboot --is-x86-multiboot2 $prefix/empty", "probe $root", "hashsum --hash nosuch $prefix/empty",
        "search --nosuch x", "search $prefix/empty", "regexp --nosuch a b", "terminal_output nosuch", "terminal_input nosuch"),
    # ---- environment blocks
    "load_env": "load_env; echo $? \"<$one|$two|$back|$empty|$no>\"",
    "load_env of some variables": "load_env two nosuch; echo $? \"<$one|$two>\"",
    "load_env from a file": "".join(f"one=0; load_env {words}; if [ $? = 0 ]; then echo yes; else echo no; fi; echo $one\n" for words in (
        "-f $prefix/other/env", "--file=$prefix/other/env", "--file $prefix/other/env two", "-f $prefix/other/no-block",
        "--skip-sig -f $prefix/other/env", "-f $prefix/other/no-filling")),
    "list_env": "list_env\nlist_env -f $prefix/other/env",
    # ---- dates of files
    "dates of files that are not there": "".join(
        f"[ $prefix/{a} {op} $prefix/{b} ]; echo {a} {op} {b} $?; "
        for op in ("-nt", "-ot") for a in ("empty", "no") for b in ("part.cfg", "no")),
    # ---- wildcards
    "wildcards that are quoted": "insmod regexp\nfor f in \"$prefix/conf.d/*\" '*' $prefix/conf.d/\\* $prefix/conf.d/\"*\"; do regexp --set n '([^/]*)$' \"$f\"; echo \"$n\"; done",
    "wildcards in variables": "insmod regexp\np='1*.cfg'\nfor f in $prefix/conf.d/$p \"$prefix/conf.d/$p\"; do regexp --set n '([^/]*)$' \"$f\"; echo \"$n\"; done",
    "an assignment has no wildcards": "insmod regexp\nx=$prefix/conf.d/*\nset y=$prefix/conf.d/*\nregexp --set n '([^/]*)$' \"$x\"; regexp --set m '([^/]*)$' \"$y\"; echo \"$n\" \"$m\"",
    "words that are no path have no wildcards": "insmod regexp\necho a* x* ? ?*",
    "a command whose name has wildcards": "insmod regexp\nfor f in $prefix/conf.d/10.*; do . $f; done; [ -f $prefix/conf.d/1* ]; echo $?",
    # ---- regular expressions
    "regular expressions": found(
        ("^(.*)-(.*)$", "x-y-z"), ("b|bc|bcd", "abcde"), ("(a|ab)(c|bcd)(d*)", "abcd"), ("[[:digit:]]+", "ab123c"),
        ("[^[:alpha:]]{2,3}", "ab1234c"), ("x{2}", "axxx"), (r"\.", "a.b"), ("[]a]+", "]a"), (r"[\w]", "w"), (r"\w+", "+foo_1+"),
        ("^$", ""), ("(b)|(c)", "c"), ("(a*)*", "b"), ("(a*)+", "aab"), ("A", "a"), ("a**", "aaa"), ("a.c", "xabcx"),
        (r"\bfoo\b", "a foo b"), (r"\<foo\>", "a foo b"), (r"\Bo", "foo"), ("()", ""), ("[a-c]+", "xbcd"), (r"a\{2\}", "a{2}"), ("a{,2}b", "ab"),
        ("a)", "a)"), ("a{0}b", "ab"), ("(ab){2,}c", "abababc"), ("(a|b)*c", "ababc"), ("x?y", "y"), ("[^a]", "a"), ("[a-]+", "x-a-"),
        ("a|b|", "c"), ("(^a|b)+$", "ab"), ("[[:upper:][:space:]]+", "aB C"), ("((a)(b)?)+", "aba"), ("^[0-9]+[.][0-9]+", "2.06-13"),
        (r"\s\S", "a b"), ("(foo|foobar)(bar)?", "foobar"), ("a+?", "aa"), ("[z-a]", "b"), ("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", "abcdefghij")),
    "expressions that are wrong": succeeds(*(f"regexp '{expression}' '{text}'" for expression, text in (
        ("(", "x"), ("[a", "a"), ("a{", "a{"), ("*a", "*a"), ("a|*b", "b"), ("+", "+"), ("[[.hyphen.]]", "-"), ("a{3,2}", "aaa"), ("a\\", "a")))),
    "names of regexp's variables": succeeds("regexp --set 5:a '(b)' b", "regexp --set a:b '(a)' a", "regexp --set=2:a '(b)(c)' bc", "regexp -s 1:a '(b)' b") + "; echo $a",
    # ---- files
    "types of files": "".join(f"for f in mb1 mb1-sum mb1-last mb1-far mb2 mb2-unaligned linux linux-low linux-old linux-sectors sector sector-long x64 i386 windows; do "
                              f"if file --is-{kind} $prefix/k/$f; then echo {kind} $f; fi; done\n" for kind in TYPES),
    "lists of hashes": "".join(f"hashsum --hash {kind} --check $prefix/sums.{kind} --prefix $prefix/h{options}; if [ $? = 0 ]; then echo {kind}; fi\n"
                               for kind in HASHES for options in ("", " --keep-going")),
    "lists of hashes without their files": succeeds(*(f"{command} -c $prefix/{name} -p {prefix}" for command, name, prefix in (
        ("md5sum", "sums.md5", "/nosuch"), ("md5sum", "sums.sha1", "$prefix/h"), ("sha256sum", "nosuch", "$prefix/h")))),
    # ---- the config's own name
    "config_file and config_directory": "regexp --set n '/boot/grub/(.*)$' $config_file; regexp --set m '([^/]*)$' $config_directory; echo $n $m; source $prefix/conf.d/10.cfg; echo $m",
}

# The default entry runs; in it GRUB is told to exit.
ENTRIES = {
    "arguments of an entry": 'menuentry "a b" --id i c d { echo $# "<" $1 "|" $2 "|" $3 ">"; exit; }',
    "variables that an entry sees": "x=1\nmenuentry a { echo $x $y; x=3; echo $x; exit; }\ny=2",
    "a function in an entry": "function f { echo f $1; }\nmenuentry a { f x; exit; }",
    "a default by its number": "set default=1\nmenuentry a { echo a; exit; }\nmenuentry b { echo b; exit; }",
    "a default by its title": "set default='b c'\nmenuentry a { echo a; exit; }\nmenuentry 'b c' { echo b; exit; }",
    "a default by its id": "set default=x\nmenuentry a { echo a; exit; }\nmenuentry b --id x { echo b; exit; }",
    "a default in a submenu": "set default='s>b'\nsubmenu s { menuentry a { echo a; exit; }; menuentry b { echo b; exit; } }\nmenuentry c { echo c; exit; }",
    "a default in a submenu by numbers": "set default='1>1'\nmenuentry c { echo c; exit; }\nsubmenu s { menuentry a { echo a; exit; }\n menuentry b { echo b; exit; } }",
    "a default that is not there": "set default=7\nmenuentry a { echo a; exit; }\nmenuentry b { echo b; exit; }",
    "entries in a loop": "for i in 1 2; do menuentry \"e$i\" $i { echo $2; exit; }; done\nset default=1",
    "entries in a source": "echo 'menuentry x { echo x; exit; }' \nset default=0\nmenuentry y { echo y; exit; }",
    "an entry with a condition": "menuentry a { if [ -f $prefix/part.cfg ]; then echo yes; else echo no; fi; exit; }",
    "an unknown command in an entry": "menuentry a { nosuch; echo b; exit; }",
    "braces in an entry": "menuentry a { echo '}' \"{\"; if true; then echo b; fi; exit; }",
    "an entry on one line": "menuentry a { echo a; echo b; exit; }",
    **{f"an empty entry: {name}": f"set default=1\nmenuentry a {{ echo a; exit; }}\n{entry}\nmenuentry b {{ echo b; exit; }}\nmenuentry c {{ echo c; exit; }}"
       for name, entry in {"a blank": "menuentry x { }", "nothing": "menuentry x {}", "a newline": "menuentry x {\n\n}",
                           "a comment": "menuentry x {\n# c\n}", "a semicolon": "menuentry x { ; }", "a submenu": "submenu x { }",
                           "no title": "menuentry { echo x; exit; }", "no title but an id": "menuentry --id x { echo x; exit; }",
                           "an empty title": 'menuentry "" { echo x; exit; }', "a command": "menuentry x { true; echo x; exit; }"}.items()},
    "the config's name is unknown in an entry": "menuentry a { echo \"<$config_file$config_directory>\"; exit; }",
}


def run(command, folder):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, cwd=folder)


def of_grub(folder):
    output = run(["grub-emu", "-d", str(folder / "boot/grub")], folder).stdout
    output = SEQUENCES.sub(b"", output).replace(b"\n\r", b"\n").replace(b"\r", b"")
    return GRUBS_OWN.sub(b"", PROGRESS.sub(b"", output)).strip(b"\n")


def of_whelk(folder):
    process = run([SHELL, str(folder)], folder)
    assert process.returncode in (0, 1), process.stderr
    return process.stdout.strip(b"\n")


def assert_same_as_grub(folder, script):
    for name, text in {**FILES, CONFIG: script}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if name == CONFIG else text.encode("latin-1"))
    grub = of_grub(folder)
    assert grub, "GRUB shows nothing: what is compared?"
    # GRUB fills rows of 80 columns, and its screen expands tabs.
    assert marked(fold(of_whelk(folder))) == marked(fold(grub))


def marked(text):
    """The lines with a mark; all of them if none has one."""
    lines = [line for line in text.split("\n") if line.startswith("@ ")]
    return "\n".join(lines) or text


def fold(output):
    lines = output.decode("utf-8", "replace").expandtabs(8).split("\n")
    return "\n".join(line.rstrip() for line in lines)


@pytest.mark.parametrize("script", [pytest.param(script, id=name) for name, script in SCRIPTS.items()])
def test_a_script_shows_what_it_shows_under_grub(script, tmp_path):
    assert_same_as_grub(tmp_path, script + "\nexit\n")


@pytest.mark.parametrize("script", [pytest.param(script, id=name) for name, script in ENTRIES.items()])
def test_the_default_entry_does_what_it_does_under_grub(script, tmp_path):
    assert_same_as_grub(tmp_path, "set timeout=0\n" + script + "\n")


# ---- Wildcards: GRUB reads an ISO of xorriso's, as their order is that of the ISO's directories.

NAMES = ["10-a.cfg", "10_b.cfg", "20.cfg", "9.cfg", "B.cfg", "a.cfg", "a-b.cfg", "a.b.cfg", "ab.cfg", ".hidden.cfg", "c d.cfg",
         "a-rather-long-name.cfg", "x.CFG", "sub/1.cfg", "sub/2.cfg", "other/1.cfg", "sub-a/x", "plain", "z*y"]
PATTERNS = ["/w/*", "/w/*.cfg", "/w/1?_*", "/w/*/", "/w/*/1.cfg", "/w/*/nosuch", "/w/nosuch*", "/w/.h*", "/*/sub/*", "/w/s*/?.cfg",
            "/w/plain", "/w/[ab]*", "/w/**.CFG", "/w/a*b*", "/w//a*", "/w/*/*", "/w/p*n", "/w/?", "//w/1*"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_wildcards_match_what_they_match_on_an_iso_under_grub(pattern, tmp_path):
    for name in NAMES:
        path = tmp_path / "w" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    iso = tmp_path / "disc.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-r", "-o", iso, "-graft-points", f"/w={tmp_path / 'w'}"], check=True, capture_output=True)
    show = f"insmod regexp\nfor f in {pattern}; do echo \"$f\"; done\nexit\n"
    config = tmp_path / CONFIG
    config.parent.mkdir(parents=True)
    config.write_text(f"loopback l (host){iso}\nset root=l\n" + show)
    grub = of_grub(tmp_path)
    config.write_text(show)
    assert grub and fold(of_whelk(tmp_path)) == fold(grub)
