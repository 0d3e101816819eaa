import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Leaves `.br` and `.gz` beside every asset: the service sends what is there. */
function compressed(): Plugin {
  let assets = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved(config) {
      assets = join(config.root, config.build.outDir, "assets");
    },
    buildStart() {
      rmSync(assets, { recursive: true, force: true });
    },
    closeBundle() {
      const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
      for (const name of readdirSync(assets)) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const file = join(assets, name);
        const bytes = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(bytes, quality));
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: "/app/",
  plugins: [compressed()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // The folder itself stays, so that Cargo can watch it: the plugin empties it.
    emptyOutDir: false,
    // Inlined files would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // `docs/clients/upload.js` is the client that the documentation shows.
    fs: { allow: [".."] },
    proxy: { "/v1": "http://127.0.0.1:8000", "/storage": "http://127.0.0.1:8000" },
  },
});
