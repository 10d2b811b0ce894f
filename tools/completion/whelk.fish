# SPDX-License-Identifier: BSD-2-Clause
# fish: completes whelk's commands, their options with their values as --help lists them, and file
# names.

function __whelk_commands
    whelk --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  *\(.*\)/\1\t\2/p'
    printf 'help\tshow what a command does\n'
    if test (count (commandline -opc)) -gt 1
        printf 'how-to\tshort answers\nboot-errors\twhat messages mean\n'
    end
end

# The help of the command that stands on the command line.
function __whelk_help
    set -l words (commandline -opc)
    set -l command
    if not string match -q -- '*-*' (path basename $words[1] 2>/dev/null; or basename $words[1])
        set command $words[2]
    end
    $words[1] $command --help 2>/dev/null
end

# --flag, --option= and, if the values are known, --option=value; each with its help.
function __whelk_options
    __whelk_help | awk '
        sub(/^  (  |-.,) *--/, "--") {
            match($0, /^--[a-z0-9-]+/)
            name = substr($0, 1, RLENGTH); rest = substr($1, RLENGTH + 1); help = $0
            sub(/^[^ ]* */, "", help)
            if (rest == "" || sub(/^\[/, "", rest)) print name "\t" help
            count = split(substr(rest, 2), values, "|")
            if (count == 1 || rest ~ /[A-Z]/) print name "=\t" help
            for (i = 1; count > 1 && i <= count; i++)
                if (values[i] ~ /^[a-z0-9]/) print name "=" values[i] "\t" help
        }'
end

# After "--option", its values; else what the first line of the help lists: rom|elf|hvm.
function __whelk_values
    set -l before (commandline -opc)[-1]
    if string match -q -- '--*' $before
        __whelk_options | sed -n "s/^$before=\([^\t]\)/\1/p"
    else
        __whelk_help | sed -n '1s/^Usage: .* \([a-z]*|[a-z|]*\)\( .*\|\)$/\1/p' | string split '|'
    end
end

function __whelk_wants_command
    set -l words (commandline -opc)
    test (count $words) -eq 1; or test (count $words) -eq 2 -a "$words[2]" = help
end

# No file's name can be the value of an option whose values are all known.
function __whelk_takes_no_file
    set -l name (string match -r -- '^--[a-z0-9-]+=' (commandline -ct)); or return 1
    set -l known (__whelk_options | string match -- "$name*" | string replace -r '\t.*' '')
    test (count $known) -gt 0; and not contains -- $name $known
end

complete -c whelk -n __whelk_wants_command -f -a '(__whelk_commands)'
for program in whelk whelk-mkrescue whelk-file
    complete -c $program -n 'string match -q -- "-*" (commandline -ct)' -a '(__whelk_options)'
    complete -c $program -n __whelk_takes_no_file -f
    complete -c $program -n 'not __whelk_wants_command' -a '(__whelk_values)'
end
