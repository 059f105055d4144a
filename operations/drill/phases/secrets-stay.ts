import { type Check, check } from "../evidence/evidence";
import { type DrillHost, quoted } from "../hosts/drill-host";

/** What the search says last. */
const searched = "searched";

/**
 * Checks that the secrets of a host are in their file and nowhere else: in no other file of the host, and on no command line. The
 * search runs on the host, so they do not leave it.
 *
 * @param stateDirectory of the deployment, where it is on the same machine
 */
export async function secretsStay(host: DrillHost, stateDirectory?: string): Promise<Check> {
  const { agentsDirectory, root } = host.settings;
  const secrets = quoted(`${root}/etc/secrets.env`);
  const places = [root, agentsDirectory, ...(stateDirectory === undefined ? [] : [stateDirectory])];
  const patterns = quoted(`${host.recordDirectory}/patterns`);
  const script = `umask 077
sed -n -E 's/^[A-Z_]*(KEY|SECRET|TOKEN)=//p' ${secrets} > ${patterns}
test -s ${patterns} || echo "no secrets to look for"
grep -rlF -f ${patterns} ${places.map(quoted).join(" ")} | grep -vxF ${secrets}
ps -A -ww -o args= | grep -F -f ${patterns} > /dev/null && echo "a command line"
find ${secrets} -perm -004 -o -perm -040
rm -f ${patterns}
echo ${searched}`;
  // Databases are searched, too, and real ones are large.
  const { stdout } = await host.shell(script, { timeoutSeconds: 600 });
  const lines = stdout.split("\n").filter((line) => line !== "");
  const found = lines.includes(searched)
    ? lines.filter((line) => line !== searched)
    : [...lines, "the search did not come to its end"];
  const name = `secrets of ${host.name}`;
  return check(
    name,
    "in their own file only",
    found.length === 0 ? "in their own file only" : found.join(", "),
    found.length === 0,
  );
}
