/**
 * The usual recipe for chat on several Node processes, kept as people write it and as well as they write it: Express,
 * Socket.IO, its classic Redis adapter, a pg pool. What it does and leaves out: bench/README.md.
 */
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import express from "express";
import { Redis } from "ioredis";
import { jwtVerify } from "jose";
import pg from "pg";
import { Server } from "socket.io";

const { PORT, DATABASE_URL, REDIS_URL, JWT_SECRET } = process.env;
const secret = new TextEncoder().encode(JWT_SECRET);

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
const pub = new Redis(REDIS_URL!);
const sub = pub.duplicate();

const app = express();
app.get("/healthz", (_req, res) => {
  res.json({ ok: true });
});
const httpServer = createServer(app);
const io = new Server(httpServer, { adapter: createAdapter(pub, sub) });

const selectMembership = {
  name: "select-membership",
  text: "SELECT 1 FROM conversation_members WHERE conversation_id = $1 AND user_id = $2",
};
const insertMessage = {
  name: "insert-message",
  text: `INSERT INTO messages (conversation_id, sender_id, content) VALUES ($1, $2, $3)
         RETURNING id, conversation_id AS "conversationId", sender_id AS "senderId", content, created_at AS "createdAt"`,
};

io.use(async (socket, next) => {
  try {
    const { payload } = await jwtVerify(socket.handshake.auth.token, secret, { algorithms: ["HS256"] });
    socket.data.userId = payload.sub;
    next();
  } catch {
    next(new Error("unauthorized"));
  }
});

io.on("connection", (socket) => {
  const userId: string = socket.data.userId;

  socket.on("join_conversation", async ({ conversationId }, ack) => {
    try {
      const { rowCount } = await pool.query({ ...selectMembership, values: [conversationId, userId] });
      if (rowCount === 0) return ack({ ok: false, error: { code: "FORBIDDEN" } });
      await socket.join(`conversation:${conversationId}`);
      ack({ ok: true });
    } catch {
      ack({ ok: false, error: { code: "INTERNAL" } });
    }
  });

  socket.on("send_message", async ({ conversationId, content }, ack) => {
    const room = `conversation:${conversationId}`;
    // Membership was checked on joining; this costs no query.
    if (!socket.rooms.has(room)) return ack({ ok: false, error: { code: "FORBIDDEN" } });
    if (typeof content !== "string" || content.trim() === "" || content.length > 4_000) {
      return ack({ ok: false, error: { code: "INVALID" } });
    }
    try {
      const { rows } = await pool.query({ ...insertMessage, values: [conversationId, userId, content] });
      io.to(room).emit("new_message", rows[0]);
      ack({ ok: true, data: { id: rows[0].id, createdAt: rows[0].createdAt } });
    } catch {
      ack({ ok: false, error: { code: "INTERNAL" } });
    }
  });

  socket.emit("ready", { userId });
});

httpServer.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
