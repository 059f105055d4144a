// Hands a launchctl command line to the fake launchd, and prints what it answers.
import { connect } from "node:net";

const [socket, ...args] = process.argv.slice(2);
const connection = connect(socket);
let text = "";
connection.setEncoding("utf8").on("data", (chunk) => {
  text += chunk;
});
connection.on("error", (error) => {
  process.stderr.write(`launchd does not answer: ${error.message}\n`);
  process.exitCode = 1;
});
connection.on("end", () => {
  const { exitCode, stdout, stderr } = JSON.parse(text);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = exitCode;
});
connection.end(JSON.stringify(args));
