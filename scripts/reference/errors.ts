// The pages of errors and of exit codes, from their tables.
import { ERRORS, EXIT, EXIT_MEANINGS } from '../../src/core/errors.ts';
import { code, page, prose, table } from './markdown.ts';

const SOURCE = 'src/core/errors.ts';

export function errorsPage(): string {
  return page(
    'Errors',
    SOURCE,
    prose(
      'An error is one JSON object: `error` is the code, `hint` says what to do next, and further fields depend on the code ([Problem](json.md#problem)). A command prints it on standard error and ends with the exit code; the daemon answers with the HTTP status.',
    ),
    table(
      ['code', 'HTTP', 'exit', 'meaning', 'what to do'],
      Object.entries(ERRORS).map(([name, { http, exit, title, hint }]) => [
        code(name),
        `${http}`,
        `${exit}`,
        title,
        hint,
      ]),
    ),
  );
}

export function exitCodesPage(): string {
  return page(
    'Exit codes',
    SOURCE,
    prose(
      'The exit code says what kind of result a command had. With an error, the [code](errors.md) in the JSON on standard error says which one.',
    ),
    table(
      ['exit', 'meaning', 'errors'],
      Object.entries(EXIT).map(([key, exit]) => [
        `${exit}`,
        EXIT_MEANINGS[key as keyof typeof EXIT],
        Object.entries(ERRORS)
          .filter(([, error]) => error.exit === exit)
          .map(([name]) => code(name))
          .join(', '),
      ]),
    ),
    prose(
      'As with other programs, 130 follows Ctrl-C, and 141 a reader that has closed the pipe. A task keeps its own exit code: it is in `exit_code` of its [result](json.md#task). With `--exit_code`, `wait` and `run --wait` end with it, and so does `log --follow`: 128 + n after signal n.',
    ),
  );
}
