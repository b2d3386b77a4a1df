/** VitePress' own theme, with what `site.css` changes. */
import DefaultTheme from 'vitepress/theme';
import './site.css';

export default DefaultTheme;
