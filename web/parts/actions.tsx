// The changes of a task that the page offers, each with a confirmation that names the task.
import { useState } from 'preact/hooks';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { change } from '../client/request.ts';
import { duration, size } from '../text.ts';
import { Dialog } from './dialog.tsx';

type Open = 'kill' | 'pause' | 'resume' | 'adjust' | null;
type Subject = Pick<
  LiveTask,
  'id' | 'name' | 'status' | 'priority' | 'estimated_time_ms' | 'estimated_mem_bytes' | 'estimated_cpu_cores'
>;

export function Actions({ task }: { readonly task: Subject }) {
  const [open, setOpen] = useState<Open>(null);
  const { name, status } = task;
  const isLive = status === 'pending' || status === 'running' || status === 'paused';
  if (!isLive) return null;
  const button = (verb: Exclude<Open, null>, text: string) => (
    <button type="button" class="small" onClick={() => setOpen(verb)}>
      {text}
      <span class="hidden"> {name}</span>
    </button>
  );
  return (
    <div class="actions">
      {status === 'running' ? button('pause', 'Pause') : null}
      {status === 'paused' ? button('resume', 'Resume') : null}
      {button('adjust', 'Adjust')}
      {button('kill', 'Kill')}
      {open === null ? null : <Confirmation verb={open} task={task} onClose={() => setOpen(null)} />}
    </div>
  );
}

interface ConfirmationProps {
  readonly verb: Exclude<Open, null>;
  readonly task: Subject;
  readonly onClose: () => void;
}

function Confirmation({ verb, task, onClose }: ConfirmationProps) {
  const { id, name, status } = task;
  const post = (body: object = {}) => change('POST', `/v1/tasks/${id}/${verb}`, body);
  switch (verb) {
    case 'kill':
      return (
        <Dialog
          title={`Kill ${name}?`}
          confirm="Kill the task"
          isDangerous
          onConfirm={() => post()}
          onClose={onClose}
        >
          <p>
            {status === 'pending'
              ? 'The task leaves the queue and never starts.'
              : 'The task gets SIGTERM, and SIGKILL after the grace time. Its work since the last checkpoint is lost.'}
          </p>
        </Dialog>
      );
    case 'pause':
      return (
        <Dialog title={`Pause ${name}?`} confirm="Pause the task" onConfirm={() => post()} onClose={onClose}>
          <p>
            Every process of the task is frozen. It keeps its memory and its reservation; its clocks stand
            still.
          </p>
        </Dialog>
      );
    case 'resume':
      return (
        <Dialog
          title={`Resume ${name}?`}
          confirm="Resume the task"
          onConfirm={() => post()}
          onClose={onClose}
        >
          <p>The processes of the task continue where they were frozen.</p>
        </Dialog>
      );
    case 'adjust':
      return <Adjustment task={task} onClose={onClose} post={post} />;
  }
}

interface AdjustmentProps {
  readonly task: Subject;
  readonly onClose: () => void;
  readonly post: (body: object) => Promise<unknown>;
}

const FIELDS = [
  ['estimated_time', 'Estimated time', 'such as 90s, 10m or 2h'],
  ['estimated_mem_bytes', 'Estimated memory', 'such as 512M or 4G'],
  ['estimated_cpu_cores', 'Estimated cores', 'such as 0.5 or 4'],
  ['priority', 'Priority', 'from -100 to 100; a higher one starts first'],
] as const;
type Field = (typeof FIELDS)[number][0];

/** Only the fields that the user changed are sent. */
function Adjustment({ task, onClose, post }: AdjustmentProps) {
  const before: Readonly<Record<Field, string>> = {
    estimated_time: duration(task.estimated_time_ms),
    estimated_mem_bytes: size(task.estimated_mem_bytes),
    estimated_cpu_cores: String(task.estimated_cpu_cores),
    priority: String(task.priority),
  };
  const [values, setValues] = useState(before);
  const confirm = () => {
    const changed = Object.entries(values).filter(([field, value]) => value !== before[field as Field]);
    return changed.length === 0 ? Promise.resolve() : post(Object.fromEntries(changed.map(typed)));
  };
  return (
    <Dialog title={`Adjust ${task.name}`} confirm="Apply" onConfirm={confirm} onClose={onClose}>
      {FIELDS.map(([field, label, hint]) => (
        <label key={field} class="field">
          <span>
            {label} <small>{hint}</small>
          </span>
          <input
            value={values[field]}
            onInput={(event) => setValues({ ...values, [field]: event.currentTarget.value })}
          />
        </label>
      ))}
    </Dialog>
  );
}

function typed([field, value]: [string, string]): [string, string | number] {
  return [field, field === 'priority' && /^-?\d+$/.test(value) ? Number(value) : value];
}
