"""`uvicorn asgi_worker:app --uds SOCKET`."""
from steps import holdfast, work

app = holdfast.asgi(work)
