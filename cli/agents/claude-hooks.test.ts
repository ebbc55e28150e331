// Edits of settings text: they add the hooks and change nothing else.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SETTINGS } from '../../test/hooks/settings-texts.ts';
import { findHooks, HOOKS, withHooks, withoutHooks } from './claude-hooks.ts';
import { append, parseJsonText, remove } from './json-text.ts';

const commandOf = (script: string) => `/opt/babysit/hooks/${script}`;
const install = (text: string) => withHooks(text, HOOKS, commandOf);
const texts = Object.entries(SETTINGS).map(([what, text]) => [what, text.replace('\uFEFF', '')] as const);

describe('withHooks', () => {
  for (const [what, text] of texts)
    it(`adds each hook once: ${what}`, () => {
      const edited = install(text);
      assert.deepEqual(
        findHooks(edited).map(({ command }) => command),
        HOOKS.map(({ script }) => commandOf(script)),
      );
      assert.equal(install(edited), edited);
    });

  for (const [what, text] of texts)
    it(`only adds: ${what}`, () => {
      const edited = install(text);
      let at = 0;
      for (const character of text.replace(/\s/g, '')) {
        at = edited.indexOf(character, at) + 1;
        assert.ok(at > 0, `${character} is gone`);
      }
    });

  it('writes in the style of the file', () => {
    assert.equal(
      withHooks('{\n\t"model": "opus"\n}\n', HOOKS.slice(0, 1), commandOf),
      `{
	"model": "opus",
	"hooks": {
		"PreToolUse": [
			{
				"matcher": "Bash|Monitor",
				"hooks": [
					{
						"type": "command",
						"command": "/opt/babysit/hooks/no-sleep-babysit.sh",
						"timeout": 5
					}
				]
			}
		]
	}
}
`,
    );
    assert.equal(
      withHooks('{"a":1}', HOOKS.slice(0, 1), () => 'x/no-sleep-babysit.sh'),
      '{"a":1,"hooks":{"PreToolUse":[{"matcher":"Bash|Monitor","hooks":[{"type":"command","command":"x/no-sleep-babysit.sh","timeout":5}]}]}}',
    );
  });

  it('replaces the path of a hook of another installation', () => {
    const old = withHooks(
      SETTINGS['with hooks of other tools'] ?? '',
      HOOKS,
      (script) => `'/old place/hooks/${script}'`,
    );
    assert.equal(install(old), install(SETTINGS['with hooks of other tools'] ?? ''));
  });
});

describe('withoutHooks', () => {
  for (const [what, text] of texts)
    it(`restores the value except for empty containers: ${what}`, () => {
      const back = withoutHooks(install(text));
      assert.deepEqual(findHooks(back), []);
      assert.deepEqual(withoutEmpty(parseJsonText(back)), withoutEmpty(parseJsonText(text)));
    });

  it('removes only its own entry from a matcher with others', () => {
    const text = `{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[
      {"type":"command","command":"guard.py"},
      {"type":"command","command":"/x/no-sleep-babysit.sh"},
      {"type":"command","command":"audit.sh /x/no-sleep-babysit.sh.log"}]}]}}`;
    assert.deepEqual(plain(parseJsonText(withoutHooks(text))), {
      hooks: {
        PreToolUse: [
          {
            matcher: 'Bash',
            hooks: [
              { type: 'command', command: 'guard.py' },
              { type: 'command', command: 'audit.sh /x/no-sleep-babysit.sh.log' },
            ],
          },
        ],
      },
    });
  });
});

describe('append and remove', () => {
  const spacing = fc.constantFrom(undefined, 1, 2, 4, '\t');
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), {
    minKeys: 1,
    noNullPrototype: true,
  });

  it('undo each other, byte for byte', () => {
    fc.assert(
      fc.property(
        object,
        fc.jsonValue({ maxDepth: 2 }),
        spacing,
        fc.boolean(),
        (value, added, space, hasCrlf) => {
          fc.pre(!Object.hasOwn(value, 'added'));
          const plain = JSON.stringify(value, null, space);
          const text = hasCrlf ? plain.replaceAll('\n', '\r\n') : plain;
          const edited = append(text, [], added, 'added');
          assert.deepEqual(JSON.parse(edited), JSON.parse(JSON.stringify({ ...value, added })));
          assert.equal(remove(edited, ['added']), text);
        },
      ),
    );
  });
});

/** The parser's objects have no prototype. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Empty lists and objects of hooks mean nothing. */
function withoutEmpty(value: unknown): unknown {
  const { hooks = {}, ...rest } = value as Record<string, unknown>;
  const events = Object.entries(hooks as object).filter(([, groups]) => (groups as unknown[]).length > 0);
  return { ...rest, hooks: Object.fromEntries(events) };
}
