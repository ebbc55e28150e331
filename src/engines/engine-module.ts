// What the folder of an engine with a queue of its own exports: how to open it, and its checks for doctor.
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/settings.ts';
import type { EngineReports, QueueEngine } from './port.ts';

export interface EngineParts {
  /** Of the attempts on this host. */
  readonly tasksDir: string;
  /** Of the daemon. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** It may change: read a value when it is used. */
  readonly config: Config;
  readonly log: { warn(data: object, message: string): void; info(data: object, message: string): void };
  /** Of the database. */
  readonly identity: string;
  reports(): EngineReports;
  nowMs(): number;
}

export interface CheckParts extends Pick<EngineParts, 'tasksDir' | 'env' | 'identity'> {
  readonly loaded: LoadedConfig;
}

export interface EngineCheck {
  readonly what: string;
  readonly ok: boolean;
  readonly reason: string;
  /** Null when it passed. */
  readonly fix: string | null;
}

export interface EngineModule {
  /** Calls nothing of the engine before a task needs it. */
  open(parts: EngineParts): QueueEngine;
  /** None where no setting names the engine. */
  checks(parts: CheckParts): Promise<readonly EngineCheck[]>;
}
