import { lexer } from "marked";
import { defineConfig, type Plugin } from "vite";

// Documents in Markdown become what src/annotate/markdown.tsx draws: browsers get neither a parser nor HTML to trust.
const markdown: Plugin = {
  name: "markdown",
  enforce: "pre",
  transform: (code, id) => (id.endsWith(".md") ? `export default ${JSON.stringify(lexer(code))};` : null),
};

// The API finds what it serves in the manifest (service/chitieu/api/web.py): each entry here is one of its pages.
export default defineConfig({
  plugins: [markdown],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2023",
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 300,
    rolldownOptions: {
      input: {
        index: "index.html",
        login: "login.html",
        series: "series.html",
        annotate: "annotate.html",
        docs: "src/docs/main.ts",
      },
    },
  },
  server: {
    fs: { allow: [".", "../../docs"] },
    proxy: { "/v1": "http://127.0.0.1:8000", "/docs": "http://127.0.0.1:8000" },
  },
});
