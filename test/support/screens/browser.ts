// Debian's Chromium for tests of the dashboard's page, driven by playwright-core.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { DEADLINE_MS } from '../budget.ts';

const CHROMIUM = '/usr/bin/chromium';
/** For `skip`: false where the browser is installed. */
export const NO_BROWSER = existsSync(CHROMIUM) ? false : 'chromium is not installed';

export function openBrowser(): Promise<Browser> {
  // As root Chromium has no sandbox. The tests open pages of this project only.
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    timeout: DEADLINE_MS,
  });
}

export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts, of the security policy, and of requests that failed. */
  readonly faults: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: { readonly width?: number; readonly theme?: 'light' | 'dark' } = {},
): Promise<OpenPage> {
  const { width = 1024, theme = 'light' } = options;
  const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme: theme });
  page.setDefaultTimeout(DEADLINE_MS);
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, faults };
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Serious findings of axe-core, as `rule: element`; `rules`: only these. */
export async function seriousFindings(page: Page, rules: readonly string[] = []): Promise<string[]> {
  // The policy of the page forbids scripts of others; this one comes through the debugger.
  await page.evaluate(readFileSync(AXE, 'utf8'));
  return page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          options: object,
        ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run({
      resultTypes: ['violations'],
      ...(only.length === 0 ? {} : { runOnly: only }),
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  }, rules);
}
