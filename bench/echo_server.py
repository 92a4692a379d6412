"""Our transport: a namespace on python-socketio under eventlet, as the faces use it, that echoes."""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO  # noqa: E402
from socketio import Namespace  # noqa: E402

from web import websocket  # noqa: E402


class Echo(Namespace):
    def on_echo(self, sid, data):
        self.emit("echoed", data, to=sid)
        return {"ok": True}


app = Flask(__name__)
sockets = SocketIO(app, async_mode="eventlet", async_handlers=False, manage_session=False)
sockets.server.register_namespace(Echo("/echo"))
websocket.tune(app)
sockets.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_output=False)
