# Passes ctest's output on, and lists what took longest in front of ctest's own summary.
#   ctest ... | awk -v built_s=SECONDS_OF_THE_BUILD -f slowest.awk

function pass_on(line) {
    print line
    fflush()
}

#  12/140 Test  #45: unit.core.planner ......   Passed    0.31 sec
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / && $NF == "sec" {
    name = $0
    sub(/^[^:]*: /, "", name)
    sub(/ .*/, "", name)
    seconds[name] = $(NF - 1)
}

# The last such line begins the summary; a test that runs ctest itself may print others.
/^[0-9]+% tests passed/ && summary != "" {
    printf "%s", summary
    summary = ""
}
/^[0-9]+% tests passed/ || summary != "" {
    summary = summary $0 "\n"
    next
}

{ pass_on($0) }

END {
    printf "What took longest, in seconds:\n%8.0f  the build\n", built_s
    for (place = 1; place <= 10; place++) {
        longest = ""
        for (name in seconds)
            if (longest == "" || seconds[name] > seconds[longest]) longest = name
        if (longest == "") break
        printf "%8.0f  %s\n", seconds[longest], longest
        delete seconds[longest]
    }
    printf "\n%s", summary
}
