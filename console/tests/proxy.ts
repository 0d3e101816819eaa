// A stretch of network that can fail: between the browser and the service.

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Proxy {
  /** Bytes that have gone to the service. */
  sent = 0;
  /** Connections are broken off, and refused, from so many bytes on. */
  until = Infinity;
  #open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** Where the service has to listen. */
    readonly port: number,
  ) {}

  static async start(): Promise<Proxy> {
    const [server, other] = [await listening(), await listening()];
    const { port } = other.address() as AddressInfo;
    await new Promise((done) => other.close(done));
    const proxy = new Proxy(server, port);
    server.on("connection", (client) => proxy.pass(client));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.#open) socket.destroy();
    this.server.close();
  }

  private pass(client: Socket): void {
    if (this.sent >= this.until) {
      client.destroy();
      return;
    }
    const service = connect(this.port, "127.0.0.1");
    const both = [client, service];
    for (const socket of both) {
      this.#open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#open.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    client.on("data", (bytes) => {
      this.sent += bytes.length;
      if (this.sent >= this.until) {
        for (const socket of this.#open) socket.destroy();
      } else if (!service.write(bytes)) {
        client.pause();
        service.once("drain", () => client.resume());
      }
    });
    service.pipe(client);
  }
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}
