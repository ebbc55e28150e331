// The scripts that connect a shell to `babysit completions words`, which proposes the words.

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * bash splits words at the characters of COMP_WORDBREAKS, such as `=`, and `:` in a name: what stands together in the line is
 * joined again. It replaces only the last part, so the parts before are cut off each proposal.
 */
const BASH = `# Completion for bash. Load it with: source <(babysit completions bash)
_babysit() {
  local part line i rest=$COMP_LINE cut= quoting=$'[\\\\\\\\"\\']'
  local words=()
  COMPREPLY=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    part=\${COMP_WORDS[i]}
    if [ $i -gt 0 ] && [ -n "$part" ] && [ "\${rest#"$part"}" != "$rest" ]; then
      cut=\${words[\${#words[@]} - 1]}
      words[\${#words[@]} - 1]+=\${part//$quoting/}
    else
      cut=
      words+=("\${part//$quoting/}")
    fi
    rest=\${rest#*"$part"}
  done
  case $part in
    [=:]*) cut=\${words[\${#words[@]} - 1]} ;;
  esac
  # A part after "@" is replaced with it.
  cut=\${cut%@}
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    [ -n "$line" ] || continue
    line=\${line#"$cut"}
    # bash closes an open quote, and quotes nothing.
    [[ $part == [\\"\\']* || $line =~ ^[[:alnum:]_.,:@%+=/-]*$ ]] || printf -v line %q "$line"
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" completions words -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _babysit babysit
`;

/** It defines itself, also as a file in fpath, which zsh runs for the first completion. */
const ZSH = `#compdef babysit
# Completion for zsh. Load it with: source <(babysit completions zsh)
_babysit() {
  local line word
  local -a lines found
  lines=("\${(@f)$("\${(Q)words[1]}" completions words -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  for line in "\${(@)lines:#}"; do
    word=\${\${\${line%%$'\\t'*}//\\\\/\\\\\\\\}//:/\\\\:}
    found+=("$word\${\${line#*$'\\t'}:+:}\${line#*$'\\t'}")
  done
  if (( \${#found} )); then
    _describe word found
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _babysit ]]; then
  _babysit
else
  (( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit; }
  compdef _babysit babysit
fi
`;

const FISH = `# Completion for fish. Load it with: babysit completions fish | source
function __babysit_words
    set -l words (commandline -opc)
    set -l found ($words[1] completions words -- $words[2..-1] (string unescape -- (commandline -ct)) 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c babysit -e
complete -c babysit -f -a '(__babysit_words)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
