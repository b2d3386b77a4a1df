/** The cluster as a page in a browser: the server that answers it. What is drawn is in the package `dashboard`. */
export { DashboardServer } from './dashboard-server.js';
export { openDashboard } from './open-dashboard.js';
export { startBrowser } from './start-browser.js';
