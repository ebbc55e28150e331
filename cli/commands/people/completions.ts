// babysit completions: prints the completion script of a shell, and proposes words for it.
import { EXIT } from '../../../src/core/errors.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { type Context, defineCommand } from '../../command.ts';
import { candidates } from '../../completions/candidates.ts';
import { liveValues } from '../../completions/live-values.ts';
import { SCRIPTS, SHELLS } from '../../completions/scripts.ts';
import { readChoice } from '../../input/choice.ts';

export const command = defineCommand({
  usage: 'completions bash|zsh|fish',
  about: `Prints a script that completes commands, flags and their values in this shell. It proposes names of tasks, owners, tags,
settings and their values while a daemon runs. It starts no daemon and waits at most half a second for it.
bash   add to ~/.bashrc: source <(babysit completions bash)
zsh    add to ~/.zshrc, after compinit: source <(babysit completions zsh)
fish   run: babysit completions fish > ~/.config/fish/completions/babysit.fish`,
  flags: {},
  examples: ['babysit completions bash > ~/.local/share/bash-completion/completions/babysit'],
  run(context, { positionals, dashed }) {
    const [word, ...words] = positionals;
    if (word === 'words' && dashed) return propose(context, words);
    context.output.data(SCRIPTS[readChoice(word, SHELLS, 'completions')]);
    return Promise.resolve(EXIT.ok);
  },
});

/** One proposal a line: the word, a tab, and its help. */
async function propose({ output, session, commands }: Context, words: readonly string[]): Promise<number> {
  const found = await candidates(commands, words, liveValues(session.home.socket));
  output.data(found.map(({ text, help }) => `${escapeField(text)}\t${escapeField(help)}\n`).join(''));
  return EXIT.ok;
}
