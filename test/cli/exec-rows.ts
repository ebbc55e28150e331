// Shell lines whose behavior must not change when `X` runs its command under babysit exec.

export interface Row {
  /** `X CMD` replaces the shell, `Y CMD` does not. */
  readonly line: string;
  readonly stdin?: string;
}

/** Of each kind: Node has a handler or none, and the kernel writes a core file or none. */
const SIGNALS = ['HUP', 'INT', 'QUIT', 'KILL', 'SEGV', 'PIPE', 'TERM', 'USR1'];
const BINARY = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
/** Without a core file. */
const NO_CORE = 'ulimit -c 0;';

export const ROWS: readonly Row[] = [
  ...[124, 125, 126, 127, 128, 137, 255].map((code) => ({
    line: `X sh -c 'exit ${code}'`,
  })),
  ...SIGNALS.map((name) => ({ line: `${NO_CORE} X sh -c 'kill -${name} $$; sleep 5'` })),
  { line: 'X true' },
  { line: 'X false' },
  {
    line: `V='a b' X sh -c 'printf "<%s>" "$0" "$@" "$V"' name "two  spaces" '' 'quote"s' '$HOME' '*' "$(printf 'caf\\303\\251 \\377')"`,
  },
  { line: `X printf '\\000\\001\\377\\n\\000'` },
  { line: `X sh -c 'printf o; printf e >&2; printf o; printf e >&2'` },
  { line: `X sh -c 'echo a; echo b >&2; echo c; echo d >&2' 2>&1` },
  { line: `X sh -c 'for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo -$i >&2; done' 2>&1 | cat` },
  { line: `X sh -c 'echo gone; echo kept >&2' >/dev/null` },
  { line: `X sh -c 'echo kept; echo gone >&2' 2>/dev/null` },
  { line: 'X cat', stdin: '' },
  { line: 'X cat', stdin: BINARY.repeat(64) },
  { line: 'X cat', stdin: 'x'.repeat(3_000_000) },
  { line: 'X head -1', stdin: 'first\nsecond\n' },
  { line: `cat | X sh -c 'read line; echo "<$line>"; cat'`, stdin: 'l1\nl2\nl3' },
  { line: 'X cat </dev/null' },
  { line: `X sh -c 'cat; echo $?' <&-` },
  { line: `X sh -c 'exec <&-; sleep 0.1; echo done'`, stdin: 'unread\n' },
  { line: 'yes | X true' },
  { line: `yes | X sh -c 'head -2'` },
  { line: 'X yes | head -3' },
  { line: `f=$(mktemp); echo line >$f; "\${W[@]}" tail -f $f | head -1; echo \${PIPESTATUS[0]}; rm $f` },
  { line: `X sh -c 'yes; echo "$?" >&2' | head -1` },
  {
    line: `X sh -c 'trap "" PIPE; while echo x; do :; done 2>/dev/null; exit 9' | head -1; echo "\${PIPESTATUS[0]}"`,
  },
  { line: `X sh -c 'exec >&-; echo on stderr >&2; exit 4'` },
  { line: `X sh -c 'exec 2>&-; echo on stdout; exit 5'` },
  { line: `X sh -c 'echo nowhere' >&-; ` },
  { line: 'Y seq 200000 | md5sum' },
  { line: `X sh -c 'head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2'` },
  { line: `X sh -c 'echo early; (sleep 0.3; echo late) & exit 6' | cat` },
  { line: `X sh -c 'sleep 5 >/dev/null 2>&1 & echo at once'` },
  { line: `X sh -c 'trap "echo term; exit 3" TERM; kill -TERM $$; sleep 1'` },
  { line: `X sh -c 'echo $((6*7))' | X tr 4 5` },
  { line: 'a=$(Y echo captured); echo "[$a]"; Y echo two >&2; Y false || echo three' },
  { line: 'set -o pipefail; Y sh -c "exit 3" | cat; echo $?' },
  { line: 'X python3 -', stdin: 'import sys\nprint(6 * 7)\nsys.stderr.write("e")\nsys.exit(12)\n' },
  { line: `X python3 -c 'import os; print([os.isatty(n) for n in (0, 1, 2)])'`, stdin: '' },
  { line: `X env -i A=1 B='2 3' env` },
  { line: `X sh -c 'umask; ulimit -n; pwd'` },
  { line: `nice -n 15 "\${W[@]}" nice` },
  { line: `X bash -c 'echo "$SHLVL"'; Y bash -c 'echo "$SHLVL"'` },
  {
    line: `SHLVL=7 Y bash -c 'echo "$SHLVL"'; SHLVL=x Y sh -c 'echo "$SHLVL"'; unset SHLVL; X env | grep ^SHLVL`,
  },
  { line: `X tee /dev/stderr`, stdin: 'both\n' },
  {
    line: `trap '' HUP INT QUIT TERM USR1 USR2 PIPE TSTP XFSZ
X sh -c 'for s in HUP INT QUIT TERM USR1 USR2 PIPE TSTP XFSZ; do kill -$s $$; done; grep ^SigIgn /proc/$$/status'`,
  },
  {
    line: `f=$(mktemp); trap '' HUP TERM
"\${W[@]}" sh -c 'echo begun; until [ -e $0.go ]; do sleep 0.05; done; echo done; exit 7' $f >$f & p=$!
until grep -q begun $f; do sleep 0.05; done; kill -HUP $p; kill -TERM $p; kill -INT $p; touch $f.go; wait $p; echo $?; cat $f; rm $f $f.go`,
  },
  { line: `X sh -c 'sleep 0.5; cat /dev/stdin'`, stdin: 'opened after the end of the input' },
  { line: `f=$(mktemp -u); mkfifo $f; (echo through a name >$f) & "\${W[@]}" cat <$f; rm $f` },
  // A pipe is shared with processes that do not expect it to be non-blocking.
  {
    line: `f=$(mktemp -u); { "\${W[@]}" sh -c 'touch $0; until [ -e $0.go ]; do sleep 0.05; done' $f & until [ -e $f ]; do sleep 0.05; done
head -c 300000 /dev/zero >&2; touch $f.go; wait; } 2>&1 | { until [ -e $f ]; do sleep 0.05; done; sleep 0.5; wc -c; rm -f $f $f.go; }`,
  },
  {
    line: `f=$(mktemp -u); { echo one; until [ -e $f.killed ]; do sleep 0.05; done; sleep 0.5; echo late; } | {
"\${W[@]}" sh -c 'read line; touch $0; until [ -e $0.killed ]; do sleep 0.05; done' $f <&0 & until [ -e $f ]; do sleep 0.05; done
{ kill -9 $!; wait $!; } 2>/dev/null; touch $f.killed; cat; rm -f $f $f.killed; }`,
  },
  { line: `X xargs -n1 echo`, stdin: 'p q r' },
  { line: `X timeout 0.2 sleep 5` },
  {
    line: `f=$(mktemp); "\${W[@]}" sh -c 'sleep 99 & trap "kill $! 2>/dev/null; echo ended; exit 7" TERM; echo begun; wait' >$f & p=$!
until grep -q begun $f; do sleep 0.05; done; kill -TERM $p; wait $p; echo $?; cat $f; rm $f`,
  },
];
