// Loaded into jsii's Node process by `node --require` (constructs_lib/provider.py): short Terraform addresses.
//
// cdktf ends an address in a hash of the construct tree. TerraformStack.allocateLogicalId is its documented place to change that; overridden
// in Python it would cost a call between the processes for every reference, so it is overridden here. The address is the names of the
// constructs above a resource, joined by `_`, without the primary resource's own `Resource`. constructs_lib/part.py refuses two that
// would share one.
"use strict";
const Module = require("module");

const STACK = /[\\/]node_modules[\\/]cdktf[\\/]lib[\\/]terraform-stack\.js$/;

const load = Module._extensions[".js"];
Module._extensions[".js"] = function (module, filename) {
  load(module, filename);
  if (!STACK.test(filename)) return;
  const stack = module.exports.TerraformStack.prototype;
  const hashed = stack.allocateLogicalId;
  stack.allocateLogicalId = function (element) {
    const node = element.node ?? element;
    const names = node.path.split("/").slice(1);
    if (names.length < 2) return hashed.call(this, element);
    return names.filter((name) => name !== "Resource").join("_").replaceAll("-", "_");
  };
};
