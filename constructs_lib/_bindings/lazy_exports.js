// Loaded into jsii's Node process by `node --require` (see constructs_lib/provider.py).
//
// The AWS bindings' lib/index.js requires every one of its 2,200 resources as soon as it is loaded, which is nearly all of the time that
// loading them takes. This turns each `exports.x = require("./x")` of that one file into a getter that requires on first use. Nothing
// else is touched, and what is synthesised is the same to the byte (tests/constructs/test_provider.py).
"use strict";
const fs = require("fs");
const Module = require("module");

const BINDINGS_INDEX = /[\\/]provider-aws[\\/](?:.*[\\/])?lib[\\/]index\.js$/;
const EAGER_EXPORT = /^exports\.(\w+) = require\("(\.[^"]*)"\);$/gm;
const LAZY_EXPORT =
  'Object.defineProperty(exports, "$1", { enumerable: true, configurable: true, get: () => require("$2") });';

const compile = Module._extensions[".js"];
Module._extensions[".js"] = function (module, filename) {
  if (!BINDINGS_INDEX.test(filename)) return compile(module, filename);
  module._compile(fs.readFileSync(filename, "utf8").replace(EAGER_EXPORT, LAZY_EXPORT), filename);
};
