// The shell line of a task that waits for a file and then takes memory at a rate.

export interface Growth {
  readonly name: string;
  readonly toBytes: number;
  readonly bytesPerS: number;
  /** It grows when this file exists. */
  readonly go: string;
}

const LEAST_PIECE_BYTES = 2 * 1024 ** 2;

/**
 * Perl, because twenty of it start within seconds on a small guest, and a page is written as soon as it is taken. Pieces of
 * more than two huge pages let the kernel give huge pages, without which an emulated processor is too slow for the rate.
 */
export function grower({ toBytes, bytesPerS, go }: Growth): string {
  const pieceBytes = Math.max(LEAST_PIECE_BYTES, Math.min(bytesPerS / 8, toBytes / 4));
  const script = [
    'use Time::HiRes qw(time sleep); $| = 1;',
    'my ($go, $rate, $to, $piece) = @ARGV; print "ready\\n"; sleep 0.2 until -e $go;',
    'my ($begun, $have, @held) = (time, 0);',
    'while ($have < $to) {',
    '  push @held, "\\1" x $piece; $have += $piece;',
    '  my $early = $begun + $have / $rate - time; sleep $early if $early > 0;',
    '}',
    'print "grown\\n"; sleep 600;',
  ].join(' ');
  return `exec perl -e '${script}' '${go}' ${[bytesPerS, toBytes, pieceBytes].map(Math.ceil).join(' ')}`;
}
