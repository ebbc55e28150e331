// Starts the page: takes the token out of the address, connects, and draws.
import { render } from 'preact';
import { App } from './app.tsx';
import { connect } from './client/live.ts';
import { takeToken } from './client/token.ts';

takeToken();
void connect();
const place = document.getElementById('page');
if (place !== null) render(<App />, place);
