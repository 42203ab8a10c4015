"""An ordinary FastAPI application that knows nothing of Holdfast: `uvicorn app:app --uds {socket}`."""
import asyncio

from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/hello/{name}")
def hello(name: str, request: Request):
    return {"hello": name, "user": request.headers.get("holdfast-user"), "scheme": request.url.scheme}


@app.post("/upload")
async def upload(request: Request):
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return {"size": size}


@app.get("/download/{megabytes}")
def download(megabytes: int):
    piece = bytes(1024 * 1024)
    return StreamingResponse((piece for _ in range(megabytes)), media_type="application/octet-stream")


@app.get("/ticks/{count}")
def ticks(count: int):
    async def events():
        for number in range(count):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0.1)

    return StreamingResponse(events(), media_type="text/event-stream")


@app.websocket("/ws")
async def echo(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            await socket.send_text("you said " + await socket.receive_text())
    except WebSocketDisconnect:
        pass
