// Defines what a row of the table of request fields says.

export type Verb = 'run' | 'adjust' | 'retry' | 'wait_for_capacity';

export interface FieldRow {
  /** Property of the parsed request; ends with its unit. */
  readonly as: string;
  readonly type: FieldType;
  /** Placeholder of the value in the help. */
  readonly value?: string;
  readonly aliases?: readonly string[];
  /** Inclusive limits of the number, the length of the text, the count of the list, or the bytes of the JSON. */
  readonly min?: number;
  readonly max?: number;
  /** The allowed values, in the order of the help. */
  readonly choices?: readonly string[];
  /** Default as the help shows it. */
  readonly default?: string;
  /** Setting that holds the default. */
  readonly config?: string;
  /** A switch that can be turned off: absent it is null, not false. So is a switch with a setting. */
  readonly tristate?: true;
  /** Fields that cannot be given together with this one. */
  readonly excludes?: readonly string[];
  /** `line`: only in the lines of a batch, not as a flag of the batch. `never`: not in a batch. */
  readonly batch?: 'line' | 'never';
  /** Help of the MCP tools where it differs from the help of the flag. False: the tools do not offer the field. */
  readonly mcp?: string | false;
  /** One line for each verb that takes the field. */
  readonly help: { readonly [V in Verb]?: string };
}

export type FieldType =
  | 'duration'
  | 'duration_or_off'
  | 'size'
  | 'cores'
  | 'percent'
  | 'whole'
  | 'text'
  | 'name'
  | 'unit'
  | 'path'
  | 'line'
  | 'regexp'
  | 'argv'
  | 'list'
  | 'choice'
  | 'switch'
  | 'json'
  | 'env';

/** Absent is not the same as off. */
export function isTristate({ config, tristate }: Pick<FieldRow, 'config' | 'tristate'>): boolean {
  return config !== undefined || tristate === true;
}
