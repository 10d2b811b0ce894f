# SPDX-License-Identifier: BSD-2-Clause
# bash: completes whelk's commands, their options with their values as --help lists them, and file
# names.

# Prints the commands.
_whelk_commands() {
    "$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
}

# Prints a command's options: --flag, --option= and, if the values are known, --option=value.
_whelk_options() {
    "$@" --help 2>/dev/null | awk '
        sub(/^  (  |-.,) *--/, "--") {
            match($0, /^--[a-z0-9-]+/)
            name = substr($0, 1, RLENGTH); rest = substr($1, RLENGTH + 1)
            if (rest == "" || sub(/^\[/, "", rest)) print name
            count = split(substr(rest, 2), values, "|")
            if (count == 1 || rest ~ /[A-Z]/) print name "="
            for (i = 1; count > 1 && i <= count; i++)
                if (values[i] ~ /^[a-z0-9]/) print name "=" values[i]
        }'
}

# Prints what may stand where no option does, if the help's first line lists it: rom|elf|hvm.
_whelk_operands() {
    "$@" --help 2>/dev/null | sed -n '1s/^Usage: .* \([a-z]*|[a-z|]*\)\( .*\|\)$/\1/p' | tr '|' '\n'
}

_whelk() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=("${COMP_WORDS[0]}") words option=
    case ${COMP_WORDS[0]##*/} in
    *-*) ;; # whelk-mkrescue, whelk-file: the command is in the name
    *)
        if [[ $COMP_CWORD -eq 1 || (${COMP_WORDS[1]} == help && $COMP_CWORD -eq 2) ]]; then
            words="$(_whelk_commands "${command[0]}") help"
            if [[ $COMP_CWORD -eq 1 ]]; then
                words+=" --help --version"
            else
                words+=" how-to boot-errors"
            fi
            mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
            return
        fi
        command+=("${COMP_WORDS[1]}")
        ;;
    esac
    # --option=value: bash takes it for three words.
    if [[ $current == = && $before == --* ]]; then
        option=$before= current=
    elif [[ $before == = && $COMP_CWORD -gt 2 && ${COMP_WORDS[COMP_CWORD - 2]} == --* ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}=
    elif [[ $before == --* ]]; then # --option value
        option=$before=
    fi
    if [[ -n $option && $current != -* ]]; then
        words=$(_whelk_options "${command[@]}" | sed -n "s/^$option\\(.\\)/\\1/p")
    elif [[ $current == -* ]]; then
        words=$(_whelk_options "${command[@]}")
    else
        words=$(_whelk_operands "${command[@]}")
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    if [[ ${#COMPREPLY[@]} -eq 0 && $current != -* ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    elif [[ ${COMPREPLY[0]-} == *= ]]; then
        compopt -o nospace
    fi
}

complete -F _whelk whelk whelk-mkrescue whelk-file
