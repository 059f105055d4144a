import { connect, createServer, type Server, type Socket } from "node:net";

/** `refused`: nobody listens any more. `silent`: everything is swallowed, as by a firewall. */
export type LinkState = "open" | "refused" | "silent";

/** The way from one host to the store, which a drill can cut. */
export class StoreLink {
  private state: LinkState = "open";
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly storePort: number,
  ) {
    server.on("connection", (socket: Socket) => this.accept(socket));
  }

  /** @param port where the link begins. Default: any that is free */
  static async open(storePort: number, port = 0): Promise<StoreLink> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the link has no port");
    return new StoreLink(server, address.port, storePort);
  }

  /** Connections that are open are cut, too, unless it is open again. */
  set(state: LinkState): void {
    this.state = state;
    if (state === "refused") for (const socket of this.sockets) socket.destroy();
    if (state === "silent") for (const socket of this.sockets) socket.pause().unpipe();
    // What was swallowed never arrives: the next one starts anew.
    if (state === "open") for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(host: Socket): void {
    this.track(host);
    if (this.state === "refused") return void host.destroy();
    if (this.state === "silent") return;
    const store = connect(this.storePort, "127.0.0.1");
    this.track(store);
    host.pipe(store).pipe(host);
    host.on("close", () => store.destroy());
    store.on("close", () => host.destroy());
  }

  private track(socket: Socket): void {
    this.sockets.add(socket.setNoDelay(true));
    socket.on("error", () => {}).on("close", () => this.sockets.delete(socket));
  }
}
