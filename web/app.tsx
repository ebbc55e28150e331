// The frame of the page: navigation by the fragment of the address, the state of the connection, and one of the views.
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Link, type Live, useLive } from './client/live.ts';
import { HistoryPage } from './history/history-page.tsx';
import { NowPage } from './now/now-page.tsx';
import { Announcer } from './parts/announcer.tsx';
import { SettingsPage } from './settings/settings-page.tsx';
import { TaskPage } from './task/task-page.tsx';

const VIEWS = [
  ['now', 'Now'],
  ['history', 'History'],
  ['settings', 'Settings'],
] as const;

/** `#/task/ID` -> `['task', 'ID']` */
function readRoute(): string[] {
  return location.hash.replace(/^#\//, '').split('/');
}

function useRoute(): string[] {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const listen = () => setRoute(readRoute());
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);
  return route;
}

export function App() {
  const live = useLive();
  const [view = 'now', id = ''] = useRoute();
  const main = useRef<HTMLElement>(null);
  useFocusOnChange(main, `${view}/${id}`);
  if (live.link === 'refused') return <Refused />;
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <span class="brand">babysit</span>
        <nav aria-label="Pages">
          {VIEWS.map(([name, title]) => (
            <a key={name} href={`#/${name}`} aria-current={view === name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <Where live={live} />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Page view={view} id={id} live={live} />
      </main>
      <Announcer />
    </>
  );
}

function Page({ view, id, live }: { readonly view: string; readonly id: string; readonly live: Live }) {
  // A view that read before it knows the connection would read twice.
  if (live.connection === '') return <p class="empty">Waiting for the daemon…</p>;
  switch (view) {
    case 'task':
      return <TaskPage id={id} live={live} />;
    case 'history':
      return <HistoryPage connection={live.connection} />;
    case 'settings':
      return <SettingsPage connection={live.connection} />;
    default:
      return <NowPage live={live} />;
  }
}

/** A screen reader then reads the new view from its heading. */
function useFocusOnChange(main: { readonly current: HTMLElement | null }, key: string): void {
  const last = useRef(key);
  useEffect(() => {
    if (last.current === key) return;
    last.current = key;
    main.current?.focus();
    scrollTo(0, 0);
  }, [key, main]);
}

const LINK_TEXTS: Readonly<Record<Exclude<Link, 'refused'>, string>> = {
  connecting: 'connecting…',
  up: 'live',
  daemon_down: 'the daemon does not answer',
  gone: 'the dashboard has ended; run babysit dashboard',
};

function Where({ live: { link, frame } }: { readonly live: Live }) {
  const state = link === 'refused' ? '' : LINK_TEXTS[link];
  return (
    <p class="where">
      {frame === null ? null : (
        <span>
          {frame.status.host.hostname} <span class="quiet">profile {frame.status.profile}</span>
        </span>
      )}
      <span class={`link ${link}`} role="status">
        {state}
      </span>
    </p>
  );
}

function Refused() {
  return (
    <main class="refused">
      <h1>This page has no valid token</h1>
      <p>
        The address of the dashboard contains a token that is new after each start. Run{' '}
        <code>babysit dashboard</code> in a terminal and open the address that it prints.
      </p>
    </main>
  );
}
