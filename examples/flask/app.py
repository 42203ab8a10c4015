"""An ordinary Flask application: `flask run` runs it without Holdfast."""
import os
import time

from flask import Flask, request

app = Flask(__name__)


@app.post("/analyze")
def analyze():
    question = request.get_json()
    time.sleep(float(os.environ.get("WORK_SECONDS", "2")))  # A model, a database.
    return {"result": f"{len(question['prompt'].split())} words", "pid": os.getpid()}


@app.get("/hello/<name>")
def hello(name):
    return {"hello": name}
