# SPDX-License-Identifier: BSD-2-Clause
"""Compares the config language with GRUB: the same scripts run in grub-emu, which is GRUB as a
program of the host, and in config_shell, the evaluator of stage 2. Both must show the same. GRUB's
own messages are left out."""

import os
import pathlib
import re
import subprocess

import pytest

SHELL = pathlib.Path(os.environ["BUILD"]).resolve() / "unit" / "config_shell"
CONFIG = "boot/grub/grub.cfg"
GRUBS_OWN = re.compile(rb"^(error: .*|  Booting `.*|Press any key to continue.*|Welcome to GRUB!)\n+", re.MULTILINE)
SEQUENCES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z])")

FILES = {
    "boot/grub/part.cfg": "echo part $x\ny=set-in-part\nfunction from_part { echo from $1; }\n",
    "boot/grub/inner.cfg": "source $prefix/part.cfg\necho inner\n",
    "boot/grub/bom-free.cfg": "echo no newline at the end",
    "boot/grub/empty": "",
}

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
}


def run(command, folder):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, cwd=folder)


def of_grub(folder):
    output = run(["grub-emu", "-d", str(folder / "boot/grub")], folder).stdout
    output = SEQUENCES.sub(b"", output).replace(b"\n\r", b"\n").replace(b"\r", b"")
    return GRUBS_OWN.sub(b"", output).strip(b"\n")


def of_whelk(folder):
    process = run([SHELL, str(folder)], folder)
    assert process.returncode in (0, 1), process.stderr
    return process.stdout.strip(b"\n")


def assert_same_as_grub(folder, script):
    for name, text in {**FILES, CONFIG: script}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    grub = of_grub(folder)
    assert grub, "GRUB shows nothing: what is compared?"
    # GRUB fills rows of 80 columns, and its screen expands tabs.
    assert fold(of_whelk(folder)) == fold(grub)


def fold(output):
    lines = output.decode("utf-8", "replace").expandtabs(8).split("\n")
    return "\n".join(line.rstrip() for line in lines)


@pytest.mark.parametrize("script", [pytest.param(script, id=name) for name, script in SCRIPTS.items()])
def test_a_script_shows_what_it_shows_under_grub(script, tmp_path):
    assert_same_as_grub(tmp_path, script + "\nexit\n")


@pytest.mark.parametrize("script", [pytest.param(script, id=name) for name, script in ENTRIES.items()])
def test_the_default_entry_does_what_it_does_under_grub(script, tmp_path):
    assert_same_as_grub(tmp_path, "set timeout=0\n" + script + "\n")
