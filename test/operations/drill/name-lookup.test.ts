import { createSocket, type Socket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { addressNow } from "../../../operations/drill/real/real-drill-site";

const name = "primary.net.example.org";
const types = { A: 1, NS: 2 } as const;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A name server on a loopback address. @param records by type and name: an address, or a server's name */
async function nameServer(address: string, port: number, records: Readonly<Record<string, string>>): Promise<number> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.on("message", (message, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
      labels.push(message.toString("latin1", at + 1, at + 1 + length));
      at += length + 1;
    }
    const type = message.readUInt16BE(at + 1);
    const kind = type === types.NS ? "NS" : "A";
    const record = records[`${kind} ${labels.join(".").toLowerCase()}`];
    const data =
      record === undefined
        ? undefined
        : kind === "NS"
          ? encodedName(record)
          : Buffer.from(record.split(".").map(Number));
    socket.send(answerTo(message.subarray(0, at + 5), type, data), from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, "listening");
  return socket.address().port;
}

function encodedName(text: string): Buffer {
  const labels = text.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function answerTo(question: Buffer, type: number, data: Buffer | undefined): Buffer {
  const message = Buffer.from(question);
  message.writeUInt16BE(0x8580, 2);
  message.writeUInt16BE(data === undefined ? 0 : 1, 6);
  message.writeUInt32BE(0, 8);
  if (data === undefined) return message;
  return Buffer.concat([message, Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]), data]);
}

function asking(port: number): Resolver {
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  return resolver;
}

describe("the address that a name leads to", () => {
  it("is what its zone's servers say, and not what a cache still has", async () => {
    const zone = await nameServer("127.0.0.1", 0, { [`A ${name}`]: "100.64.0.2" });
    const cache = await nameServer("127.0.0.1", 0, {
      "NS example.org": "ns1.example.org",
      "A ns1.example.org": "127.0.0.1",
      [`A ${name}`]: "100.64.0.1",
    });
    expect(await addressNow(name, { resolver: asking(cache), port: zone })).toBe("100.64.0.2");
  });

  it("is this machine's answer where the zone's servers cannot be found", async () => {
    const cache = await nameServer("127.0.0.1", 0, { [`A ${name}`]: "100.64.0.1" });
    expect(await addressNow(name, { resolver: asking(cache) })).toBe("100.64.0.1");
  });

  it("is none when the name leads nowhere", async () => {
    const cache = await nameServer("127.0.0.1", 0, {});
    expect(await addressNow(name, { resolver: asking(cache) })).toBeUndefined();
  });
});
