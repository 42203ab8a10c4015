"""An ordinary FastAPI application: `uvicorn app:app` runs it without Holdfast."""
import asyncio
import os

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Question(BaseModel):
    prompt: str
    thread_id: str


@app.post("/analyze")
async def analyze(question: Question):
    await asyncio.sleep(float(os.environ.get("WORK_SECONDS", "2")))  # A model, a database.
    return {"result": f"{len(question.prompt.split())} words", "pid": os.getpid()}


@app.get("/hello/{name}")
def hello(name: str):
    return {"hello": name}
