// Serves the API on the sockets of the state directory.
import { chmodSync } from 'node:fs';
import type { Logger } from 'pino';
import { type AppOptions, buildApp } from '../api/app.ts';
import type { Service } from '../api/service.ts';
import type { Home } from '../config/home.ts';
import type { Config } from '../config/settings.ts';

/** How long a stopping daemon lets clients read the rest of their responses. */
const CLOSE_PATIENCE_MS = 1000;

/** Resolves when the sockets accept connections. Returns the function that closes them. */
export async function listen(
  service: Service,
  home: Home,
  config: Config,
  log: Logger,
): Promise<() => Promise<void>> {
  const options: AppOptions = {
    maxBodyBytes: config['api.max_body'],
    onInternalError: (error) => log.error({ err: error }, 'request failed'),
  };
  const sockets = [{ app: buildApp(service, options), path: home.socket }];
  // Opened first: when a client finds the main socket, this one exists as well.
  if (config['api.observe_only_socket'])
    sockets.unshift({
      app: buildApp(service, { ...options, isObserveOnly: true }),
      path: home.observeSocket,
    });
  for (const { app, path } of sockets) {
    app.server.maxConnections = config['api.max_connections'];
    await app.listen({ path });
    chmodSync(path, 0o600);
  }
  return async () => {
    const cut = setTimeout(() => {
      for (const { app } of sockets) app.server.closeAllConnections();
    }, CLOSE_PATIENCE_MS);
    await Promise.all(sockets.map(({ app }) => app.close()));
    clearTimeout(cut);
  };
}
