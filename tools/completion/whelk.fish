# SPDX-License-Identifier: BSD-2-Clause
# fish: completes whelk's commands, their options as --help lists them, and file names.

function __whelk_commands
    whelk --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  *\(.*\)/\1\t\2/p'
end

# The options of the command that stands on the command line.
function __whelk_options
    set -l words (commandline -opc)
    set -l command
    if not string match -q -- '*-*' (path basename $words[1] 2>/dev/null; or basename $words[1])
        set command $words[2]
    end
    $words[1] $command --help 2>/dev/null |
        sed -n 's/^  \(  \|-.,\) *\(--[a-z0-9-]*=\{0,1\}\)[^ ]*  *\(.*\)/\2\t\3/p'
end

complete -c whelk -n __fish_use_subcommand -f -a '(__whelk_commands)'
for program in whelk whelk-mkrescue whelk-file
    complete -c $program -n 'string match -q -- "-*" (commandline -ct)' -a '(__whelk_options)'
end
