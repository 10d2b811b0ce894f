# SPDX-License-Identifier: BSD-2-Clause
# bash: completes whelk's commands, their options as --help lists them, and file names.

_whelk() {
    local current=${COMP_WORDS[COMP_CWORD]} command=() words
    case ${COMP_WORDS[0]##*/} in
    *-*) ;; # whelk-mkrescue, whelk-file: the command is in the name
    *) command=("${COMP_WORDS[1]}") ;;
    esac
    if [[ ${#command[@]} -eq 1 && $COMP_CWORD -eq 1 ]]; then
        words=$("${COMP_WORDS[0]}" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
        words+=" --help --version"
    elif [[ $current == -* ]]; then
        words=$("${COMP_WORDS[0]}" "${command[@]}" --help 2>/dev/null |
            sed -n 's/^  \(  \|-.,\) *\(--[a-z0-9-]*=\{0,1\}\).*/\2/p')
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    if [[ ${COMPREPLY[0]-} == *= ]]; then
        compopt -o nospace
    fi
}

complete -F _whelk whelk whelk-mkrescue whelk-file
