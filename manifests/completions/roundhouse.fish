# Completion for fish. Commands and flags come from the program's own help.
function __roundhouse_commands
    roundhouse --help 2>/dev/null |
        sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\)  *\(.*\)/\1\t\2/p'
end

function __roundhouse_flags
    set -l words (commandline -opc)
    roundhouse $words[2] --help 2>/dev/null |
        sed -n '/^ *-/s/[ ,]/\n/gp' | grep -E '^--?[a-z]'
end

complete -c roundhouse -n __fish_use_subcommand -f -a '(__roundhouse_commands)'
complete -c roundhouse -n 'not __fish_use_subcommand' -a '(__roundhouse_flags)'
complete -c roundhouse -n '__fish_seen_subcommand_from get' -f -a 'pool engines gateways events'
