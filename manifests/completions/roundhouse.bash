# Completion for bash. Commands and flags come from the program's own help.
_roundhouse() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $word == -* ]] || { command=$word && break; }
    done
    case $before in
        -f | --file | --api-key-file | --state-dir)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        -o | --output) word="table wide json yaml markdown" ;;
        --log-level) word="debug info warning error" ;;
        --log-format) word="text json" ;;
        get) word="pool engines gateways events" ;;
        *)
            if [[ -z $command ]]; then
                word=$(roundhouse --help 2>/dev/null |
                    sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p')
            else
                word=$(roundhouse "$command" --help 2>/dev/null |
                    sed -n '/^ *-/s/[ ,]/\n/gp' | grep -E '^--?[a-z]')
            fi
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
}
complete -F _roundhouse roundhouse
