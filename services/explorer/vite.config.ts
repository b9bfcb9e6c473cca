import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The pages as files that the service answers with. What they share with mails is taken from its source, so that no module of Node.js comes along. */
export default defineConfig({
  root: "pages",
  plugins: [react()],
  resolve: { conditions: ["apportion-source", "browser", "module", "import", "default"] },
  build: {
    outDir: "../dist/pages",
    emptyOutDir: true,
    // Nothing is put into the page or its styles: the policy of the page allows files of this host alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // ECharts is larger than what bundlers warn of; it is loaded when a chart is.
    chunkSizeWarningLimit: 900,
  },
});
