/** VitePress' own theme, with what `layout.vue` and `site.css` change. */
import DefaultTheme from 'vitepress/theme';
import Layout from './layout.vue';
import './site.css';

export default { extends: DefaultTheme, Layout };
