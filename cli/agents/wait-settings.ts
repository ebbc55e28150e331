// The variables of Claude Code that decide how long a wait may last.

export interface WaitSetting {
  readonly variable: string;
  readonly value: string;
  readonly why: string;
  /** Whether the value lets waits end by themselves. */
  readonly isRight: (value: string | undefined) => boolean;
}

const HOUR_MS = 3_600_000;

export const WAIT_SETTINGS: readonly WaitSetting[] = [
  {
    variable: 'CLAUDE_CODE_DISABLE_BG_SHELL_PRESSURE_REAP',
    value: '1',
    why: 'Claude Code ends idle shells in the background when memory is short, also one that waits for a task',
    isRight: (value) => /^(?:1|true)$/i.test(value ?? ''),
  },
  {
    variable: 'BASH_MAX_TIMEOUT_MS',
    value: String(HOUR_MS),
    why: 'a command in the foreground ends after at most 10 minutes, also babysit wait and babysit exec',
    isRight: (value) => Number(value) >= HOUR_MS,
  },
  {
    variable: 'MCP_TOOL_TIMEOUT',
    value: String(HOUR_MS),
    why: 'the tool wait of babysit mcp ends after this time',
    isRight: (value) => value === undefined || value === '' || Number(value) >= HOUR_MS,
  },
];

/** Those that are not set as a long wait needs it. `settings`: the `env` of the settings files. */
export function missingWaitSettings(
  env: Readonly<Record<string, string | undefined>>,
  settings: Readonly<Record<string, unknown>>,
): WaitSetting[] {
  return WAIT_SETTINGS.filter(({ variable, isRight }) => {
    const written = settings[variable];
    return !isRight(written === undefined ? env[variable] : String(written));
  });
}
