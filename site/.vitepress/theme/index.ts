/** VitePress' own theme, with the changes of `layout.vue` and `site.css`. */
import DefaultTheme from 'vitepress/theme';
import Layout from './layout.vue';
import './site.css';

export default { extends: DefaultTheme, Layout };
