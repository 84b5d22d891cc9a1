// What Python starts in place of jsii's runtime (constructs_lib/provider.py): the kernel itself, without the process that jsii puts between.
//
// jsii's own entry starts a second Node, speaks with it over its file descriptor 3 and passes every message on, so that what constructs
// print cannot get between the messages. Here descriptor 3 means this process's input and output, and what is printed goes to the errors.
"use strict";
const fs = require("fs");

const CHANNEL = 3;
const reserved = [];
do reserved.push(fs.openSync(process.platform === "win32" ? "NUL" : "/dev/null")); // so that no file is ever opened as 3
while (reserved.at(-1) < CHANNEL);

const { readSync, writeSync } = fs;
fs.readSync = (descriptor, ...rest) => readSync(descriptor === CHANNEL ? 0 : descriptor, ...rest);
fs.writeSync = (descriptor, ...rest) => writeSync(descriptor === CHANNEL ? 1 : descriptor, ...rest);
console.log = console.info = console.debug = (...words) => console.error(...words);

process.execArgv.push("--preserve-symlinks"); // given by NODE_OPTIONS; the kernel looks for it here, and copies packages without it
require(process.env.MOULIN_JSII_KERNEL);
