"""An MCP server of Python's standard library. It learns from the gateway's headers who calls.

As servers on Starlette do, it redirects /mcp to /mcp/.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

TOOLS = [
    {"name": name, "inputSchema": {"type": "object"}} for name in ("whoami", "count")
]


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("transfer-encoding"):
            body = b"".join(self.chunks())
        if self.path != "/mcp/":
            return self.answer(307, location="/mcp/")
        message = json.loads(body)
        if "id" not in message:
            return self.answer(202)
        method, params = message["method"], message.get("params", {})
        if method == "tools/call" and params["name"] == "count":
            return self.count(message["id"], params["_meta"]["progressToken"])
        result = {
            "initialize": lambda: {
                "protocolVersion": params["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "whoami", "version": "1"},
            },
            "tools/list": lambda: {"tools": TOOLS},
            "tools/call": lambda: text(json.dumps(self.caller())),
        }[method]()
        self.answer(
            200,
            json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}),
            mcp_session_id="session-1",
        )

    def do_GET(self):
        self.answer(405)

    do_DELETE = do_GET

    def caller(self):
        return {
            "user": unquote(self.headers["x-forwarded-user"]),
            "session": self.headers["mcp-session-id"],
            "authorization": self.headers["authorization"],
        }

    def count(self, id, token):
        """Two events while it works, and the result."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for progress in (1, 2):
            params = {"progressToken": token, "progress": progress, "total": 2}
            self.event({"method": "notifications/progress", "params": params})
        self.event({"id": id, "result": text("counted")})
        self.wfile.write(b"0\r\n\r\n")

    def event(self, message):
        data = f"data: {json.dumps({'jsonrpc': '2.0', **message})}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def chunks(self):
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def answer(self, status, body="", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if body:
            self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


def text(value):
    return {"content": [{"type": "text", "text": value}]}


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Server)
server.serve_forever()
