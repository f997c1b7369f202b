# fish completion for lean-pickle
function __lean_pickle_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l unquoted (string unescape -- $current; or string replace -r -- '^["\']' '' $current)
    set -l lines ($words[1] __complete fish ".$unquoted" $words[2..] 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path (string replace -r -- '^--[^=]*=' '' $current)
        case folders
            __fish_complete_directories (string replace -r -- '^--[^=]*=' '' $current)
        case words
            printf '%s\n' $lines[2..]
    end
end
complete -c lean-pickle -f -a '(__lean_pickle_complete)'
