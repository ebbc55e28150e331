// The shell line of a task that waits for a file and then takes memory at a rate.

export interface Growth {
  readonly name: string;
  readonly toBytes: number;
  readonly bytesPerS: number;
  /** It grows when this file exists. */
  readonly go: string;
}

/** Perl, because twenty of it start within seconds on a small guest, and a page is written as soon as it is taken. */
export function grower({ toBytes, bytesPerS, go }: Growth): string {
  const script = [
    'use Time::HiRes qw(time sleep); $| = 1;',
    'my ($go, $rate, $to) = @ARGV; print "ready\\n"; sleep 0.2 until -e $go;',
    'my ($begun, $have, @held) = (time, 0);',
    'while ($have < $to) {',
    '  push @held, "\\1" x 2097152; $have += 2097152;',
    '  my $early = $begun + $have / $rate - time; sleep $early if $early > 0;',
    '}',
    'print "grown\\n"; sleep 600;',
  ].join(' ');
  return `exec perl -e '${script}' '${go}' ${Math.ceil(bytesPerS)} ${Math.ceil(toBytes)}`;
}
