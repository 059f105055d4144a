// Loaded before a policy pack: ends it when the process that started it is gone, however that one died.
process.on("disconnect", () => process.exit(0));
// Listening keeps a process alive; a pack that fails to load must still end.
process.channel?.unref();
