/** The cluster as a page in a browser: its server. The page itself is in the package `dashboard`. */
export { DASHBOARD_ADDRESS, type OpenDashboard, openDashboard } from './open-dashboard.js';
export { type ServedDashboard, serveDashboard } from './serve-dashboard.js';
export { startBrowser } from './start-browser.js';
