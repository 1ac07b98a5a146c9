// node nodemailer.mjs PORT MESSAGES SIZE raw|composed: prints the seconds that sending took.
import net from "node:net";
import nodemailer from "nodemailer";

const [port, messages, size, mode] = process.argv.slice(2);
const line = "To belong is to be known and still be asked to stay, week after week.\r\n";
const words = line.repeat(Math.floor(Number(size) / line.length));
const envelope = { from: "a@example.org", to: ["b@example.org"] };
const raw = { envelope, raw: `Subject: A letter\r\n\r\n${words}` };
const half = words.slice(0, words.length / 2);

function composed(number) {
  return {
    from: "Bench <a@example.org>",
    to: `Reader ${number} <b@example.org>`,
    subject: "A letter",
    text: `Dear reader ${number},\r\n${half}`,
    html: `<p>Dear reader ${number},</p><p>${half}</p>`,
  };
}

// A socket without Nagle's algorithm: with it each message waits 40 ms for the server's delayed acknowledgement.
function getSocket(_options, callback) {
  const connection = net.connect({ host: "127.0.0.1", port: Number(port), noDelay: true });
  connection.once("connect", () => callback(null, { connection }));
  connection.once("error", callback);
}

const pool = nodemailer.createTransport({
  host: "127.0.0.1", port: Number(port), pool: true, maxConnections: 10, maxMessages: Infinity, ignoreTLS: true,
  getSocket,
});
const began = performance.now();
let next = 0;
async function work() {
  while (next < Number(messages)) {
    next += 1;
    await pool.sendMail(mode === "raw" ? raw : composed(next));
  }
}
await Promise.all(Array.from({ length: 20 }, work));
process.stdout.write(String((performance.now() - began) / 1000));
pool.close();
