// Waits that never end, and kills that hit the work of others.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KnownTask } from '../poll/scope.ts';
import { findEndless } from './endless.ts';
import { findKill } from './kills.ts';

/** [typed, answer]; without an answer it may run. */
const WAITS: readonly (readonly [string, string?])[] = [
  ['while pgrep -f train.py; do sleep 5; done', "while pgrep -f '[t]rain.py'; do sleep 5; done"],
  [
    'while pgrep -f "npm run build" >/dev/null; do sleep 1; done; ls',
    'while pgrep -f "[n]pm run build" >/dev/null; do sleep 1; done; ls',
  ],
  ['until ! pgrep -af server.js; do sleep 1; done', "until ! pgrep -af '[s]erver.js'; do sleep 1; done"],
  ['while ps aux | grep train.py; do sleep 5; done', "while ps aux | grep '[t]rain.py'; do sleep 5; done"],
  [
    'bash -c "while pgrep -f x.py; do sleep 1; done"',
    'bash -c "while pgrep -f \'[x].py\'; do sleep 1; done"',
  ],
  [
    'python train.py & while pgrep -f train.py; do sleep 5; done',
    'python train.py & while pgrep --ignore-ancestors -f train.py; do sleep 5; done',
  ],
  [
    'python train.py & while pgrep -f "[t]rain.py"; do sleep 5; done',
    'python train.py & while pgrep --ignore-ancestors -f "[t]rain.py"; do sleep 5; done',
  ],
  [
    `until [ -z "$(pgrep -f 'make all')" ]; do sleep 5; done`,
    `until [ -z "$(pgrep -f '[m]ake all')" ]; do sleep 5; done`,
  ],
  [
    'while [ $(pgrep -fc a.py) -gt 0 ]; do sleep 5; done',
    "while [ $(pgrep -fc '[a].py') -gt 0 ]; do sleep 5; done",
  ],
  ['while [ -z "$(pgrep -f server.js)" ]; do sleep 1; done'],
  ['while pgrep -A -f train.py; do sleep 5; done'],
  ['while pgrep -f "[t]rain.py"; do sleep 5; done'],
  ['while pgrep -x python3; do sleep 5; done'],
  ['while ps aux | grep -v grep | grep train.py; do sleep 5; done'],
  ['until pgrep -f server.js; do sleep 1; done'],
  ['pgrep -f train.py && echo runs'],
  ['for i in 1 2 3; do pgrep -f train.py; sleep 1; done'],
];

const task = (name: string, command: string, owner: string): KnownTask => ({
  id: name,
  name,
  status: 'running',
  command,
  cwd: '/p',
  project: '/p',
  owner,
  pid: 1,
  log_path: null,
});
const known = [task('train', 'python train.py --lr 1', 'me'), task('web', 'vite --port 3', 'you')];
const kills = (command: string) =>
  findKill(command, { known, isOwn: ({ owner }) => owner === 'me' })?.command;

const KILLS: readonly (readonly [string, string?])[] = [
  ['pkill -f node', 'pgrep -af node'],
  ['pkill -9 python3; npm start', 'pgrep -af python3; npm start'],
  ['killall claude || true', 'pgrep -af claude || true'],
  ['pkill -f "babysit wait"', "pgrep -af 'babysit wait'"],
  ['pkill -f train.py && sleep 1', 'babysit kill train && sleep 1'],
  ['pkill -f vite', 'pgrep -af vite'],
  ["ssh host 'pkill node'"],
  ['pkill -P $$ node'],
  ['pkill -f my-server.js'],
  ['killall -l'],
  ['pgrep -f node'],
  ['kill 123'],
  ["babysit run --name=x --command='pkill -f helper'"],
];

describe('a wait that matches itself', () => {
  for (const [typed, answer] of WAITS) it(typed, () => assert.equal(findEndless(typed)?.command, answer));
});

describe('a kill by pattern', () => {
  for (const [typed, answer] of KILLS) it(typed, () => assert.equal(kills(typed), answer));
});
