// Loaded into jsii's Node process by `node --require` (constructs_lib/provider.py): what a synthesis does not need is not loaded.
//
// Each rewrite names one published file. What is synthesised stays the same to the byte (tests/constructs/test_provider.py).
"use strict";
const fs = require("fs");
const Module = require("module");

const REWRITES = [
  {
    // The bindings require all of their 2,200 resources at once, nearly all of the time that loading them takes: require each when it is used.
    file: /[\\/]provider-aws[\\/](?:.*[\\/])?lib[\\/]index\.js$/,
    from: /^exports\.(\w+) = require\("(\.[^"]*)"\);$/gm,
    to: 'Object.defineProperty(exports, "$1", { enumerable: true, configurable: true, get: () => require("$2") });',
  },
  {
    // Only an asset that is a folder needs the archiver.
    file: /[\\/]cdktf[\\/]lib[\\/]private[\\/]fs\.js$/,
    from: 'const archiver = require("archiver");',
    to: 'const archiver = (...options) => require("archiver")(...options);',
  },
  {
    // Every token keeps the JavaScript stack that made it, which says nothing about the Python that asked for it.
    file: /[\\/]cdktf[\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/,
    from: "Error.stackTraceLimit = Number.MAX_SAFE_INTEGER;",
    to: "Error.stackTraceLimit = 0;",
  },
];

// jsii links packages into a new temporary folder in each run. Under their real path Node's compile cache finds them again; it is switched on
// with the first of them, because jsii's own program is unpacked anew each time and would only fill it.
const LINKED = /[\\/]node_modules[\\/](?:cdktf|constructs|@cdktf[\\/]provider-aws)[\\/]/;

const load = Module._extensions[".js"];
Module._extensions[".js"] = function (module, filename) {
  if (!LINKED.test(filename)) return load(module, filename);
  Module.enableCompileCache?.(process.env.MOULIN_NODE_CACHE);
  const rewrite = REWRITES.find(({ file }) => file.test(filename));
  const source = fs.readFileSync(filename, "utf8");
  module._compile(rewrite === undefined ? source : source.replace(rewrite.from, rewrite.to), fs.realpathSync(filename));
};
