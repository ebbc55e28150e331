// Settings files of Claude Code, as users have them.

export const SETTINGS: Readonly<Record<string, string>> = {
  empty: '{}',
  'empty with a line break': '{}\n',
  'empty over two lines': '{\n}\n',
  'without hooks': `{
  "$schema": "https://json.schemastore.org/claude-code-settings.json",
  "model": "opus",
  "permissions": {
    "allow": ["Bash(npm run *)", "Read(~/.zshrc)"],
    "deny": ["Bash(curl *)", "Read(./.env)"],
    "defaultMode": "acceptEdits"
  },
  "env": { "FOO": "bar", "BASH_DEFAULT_TIMEOUT_MS": "600000" },
  "statusLine": { "type": "command", "command": "~/.claude/statusline.sh" },
  "includeCoAuthoredBy": false
}
`,
  'with hooks of other tools': `{
  "hooks": {
    "PreToolUse": [
      {
        "matcher": "Edit|Write",
        "hooks": [
          { "type": "command", "command": "$CLAUDE_PROJECT_DIR/.claude/hooks/guard.py" }
        ]
      },
      { "matcher": "Bash", "hooks": [{ "type": "command", "command": "jq -r .tool_input.command >> ~/log" }] }
    ],
    "PostToolUse": [
      { "matcher": "Edit", "hooks": [{ "type": "command", "command": "npx prettier --write", "timeout": 30 }] }
    ],
    "Notification": [{ "hooks": [{ "type": "command", "command": "notify-send Claude" }] }]
  },
  "enabledPlugins": { "formatter@company": true }
}
`,
  'with all the events of ours': `{
    "hooks": {
        "Stop": [
            {
                "hooks": [
                    { "type": "command", "command": "afplay done.aiff" }
                ]
            }
        ],
        "SessionStart": [
            {
                "matcher": "startup",
                "hooks": [
                    { "type": "command", "command": "git status --short" }
                ]
            }
        ],
        "PreToolUse": []
    },
    "verbose": true
}`,
  'with empty hooks': '{\n  "hooks": {},\n  "model": "sonnet"\n}\n',
  'with empty hooks over two lines': '{\n  "model": "sonnet",\n  "hooks": {\n  }\n}\n',
  'with an empty list': '{ "hooks": { "PreToolUse": [ ] } }',
  'indented by tabs': '{\n\t"model": "opus",\n\t"hooks": {\n\t\t"PreToolUse": [\n\t\t]\n\t}\n}\n',
  'indented unevenly': '{\n   "b":1,\n "a" : { "x":[1,2 , 3] },\n\n\n      "c": null }\n',
  'in one line': '{"model":"opus","hooks":{"Stop":[{"hooks":[{"type":"command","command":"say done"}]}]}}',
  'in one line with blanks': '{ "model": "opus", "env": { "A": "1" } }\n',
  'with CRLF': '{\r\n  "model": "opus",\r\n  "env": {\r\n    "A": "1"\r\n  }\r\n}\r\n',
  'with a byte order mark': '\uFEFF{\n  "model": "opus"\n}\n',
  'with odd characters': '{\n  "env": { "NAME": "Zoë \\u00e9 \\"x\\" \\\\ 日本 \u2028 😀" }\n}\n',
  'with comments': `// mine
{
  "model": "opus", // the big one
  /* what may run */
  "permissions": { "allow": ["Bash(ls)"] } // more later
}
`,
  'with comments in hooks': `{
  "hooks": {
    // before tools
    "PreToolUse": [
      // none yet
    ]
    // nothing after
  }
}
`,
  'with trailing commas': '{\n  "model": "opus",\n  "hooks": {\n    "Stop": [\n    ],\n  },\n}\n',
  'with numbers as they are typed':
    '{\n  "cleanupPeriodDays": 30.0,\n  "x": 1e3,\n  "big": 12345678901234567890\n}\n',
};

/** Files that must not be changed, with the reason. */
export const UNREADABLE: Readonly<Record<string, readonly [string, RegExp]>> = {
  nothing: ['', /invalid JSON: line 1, column 1/],
  blanks: ['  \n', /invalid JSON/],
  'half a file': ['{\n  "model": "opus",\n  "hooks": {\n', /invalid JSON: line 4/],
  'a lost quote': ['{\n  "model: "opus"\n}\n', /invalid JSON: line 2/],
  'two files in one': ['{}\n{}\n', /invalid JSON: line 2/],
  'a merge conflict': [
    '{\n<<<<<<< HEAD\n  "a": 1\n=======\n  "a": 2\n>>>>>>> x\n}\n',
    /invalid JSON: line 2/,
  ],
  'a list': ['[]', /the settings must be an object/],
  'a text': ['"x"', /the settings must be an object/],
  'hooks as a list': ['{"hooks":[]}', /"hooks" must be an object/],
  'an event as an object': ['{"hooks":{"PreToolUse":{}}}', /"PreToolUse" must be an array/],
  'a hook as a text': ['{"hooks":{"PreToolUse":["x"]}}', /an entry of "PreToolUse" must be an object/],
};
