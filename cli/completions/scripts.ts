// The scripts that connect a shell to `babysit completions words`, which proposes the words.

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** bash splits words at `=`, so the words are joined again, and the part before the `=` is cut off each proposal. */
const BASH = `# Completion for bash. Load it with: source <(babysit completions bash)
_babysit() {
  local word cut line i
  local words=()
  COMPREPLY=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [ \${#words[@]} -gt 0 ] && { [ "$word" = = ] || [ "\${COMP_WORDS[i - 1]}" = = ]; }; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  word=
  [ \${#words[@]} -eq 0 ] || word=\${words[\${#words[@]} - 1]}
  cut=
  case $word in
    *=*) cut=\${word%%=*}= ;;
  esac
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    [ -z "$line" ] || COMPREPLY+=("\${line#"$cut"}")
  done < <("\${COMP_WORDS[0]}" completions words -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _babysit babysit
`;

const ZSH = `#compdef babysit
# Completion for zsh. Load it with: source <(babysit completions zsh)
_babysit() {
  local line
  local -a found
  while IFS= read -r line; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <("\${words[1]}" completions words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then
    _describe word found
  else
    _files
  fi
}
compdef _babysit babysit
`;

const FISH = `# Completion for fish. Load it with: babysit completions fish | source
function __babysit_words
    set -l words (commandline -opc) (commandline -ct)
    $words[1] completions words -- $words[2..-1] 2>/dev/null
end
complete -c babysit -e
complete -c babysit -a '(__babysit_words)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
