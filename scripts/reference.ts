// Writes the pages of docs/reference from the code. With --check it fails when a page is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsPage } from './reference/commands.ts';
import { errorsPage, exitCodesPage } from './reference/errors.ts';
import { eventsPage } from './reference/events.ts';
import { jsonPage } from './reference/json.ts';
import { metricsPage } from './reference/metrics.ts';
import { reasonsPage } from './reference/reasons.ts';
import { settingsPage } from './reference/settings.ts';

const DIR = join(import.meta.dirname, '../docs/reference');

/** The text of each page by its file name. */
export async function referencePages(): Promise<Readonly<Record<string, string>>> {
  return {
    'commands.md': await commandsPage(),
    'settings.md': settingsPage(),
    'events.md': eventsPage(),
    'json.md': jsonPage(),
    'errors.md': errorsPage(),
    'exit-codes.md': exitCodesPage(),
    'metrics.md': metricsPage(),
    'reasons.md': reasonsPage(),
  };
}

async function main(isCheck: boolean): Promise<void> {
  for (const [name, text] of Object.entries(await referencePages())) {
    const path = join(DIR, name);
    if (!isCheck) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`docs/reference/${name} is not up to date: run node scripts/reference.ts`);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.includes('--check'));
