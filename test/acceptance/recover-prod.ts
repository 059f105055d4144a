// Run by `killed-prod.test.ts` as a process of its own, which has loaded everything and deploys `prod` upon one directory after another.
import { runHere } from "../cli/run-here";

export interface Recovery {
  readonly directory: string;
  readonly exitCode: number | null;
  readonly told: string;
}

async function recover(directory: string): Promise<void> {
  const { exitCode, output, errors } = await runHere(["up", "--stack", "prod", "--yes"], {
    SANDBOX_DIRECTORY: directory,
  });
  const recovery: Recovery = { directory, exitCode, told: exitCode === 0 ? "" : output + errors };
  process.send?.(recovery);
}

process.on("message", (directory) => void recover(String(directory)));
