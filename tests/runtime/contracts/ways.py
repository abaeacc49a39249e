"""Requests that are answered past ASGI, and those that are handed over to the application."""

from tests.runtime.contracts.conversation import RECORD, request

PENGUIN = b'{"island":"Biscoe","bill_length_mm":39.1,"year":2007}'


JSON = "Content-Type: application/json\r\n"
DIRECT = {
    "one record": request(),
    "a list": request(b"[" + RECORD + b"," + RECORD + b"]"),
    "with its type": request(head=JSON),
    "with its charset": request(head="content-TYPE: application/json; charset=utf-8\r\n"),
    "with its charset, as Java has it": request(
        head="Content-Type: application/json;charset=UTF-8\r\n"
    ),
    "an older HTTP": request().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "an older HTTP that would go on": request(head="Connection: keep-alive\r\n").replace(
        b"HTTP/1.1", b"HTTP/1.0"
    ),
    "the last of the connection": request(head="Connection: close\r\n"),
    "with several ids": request(head="X-Request-ID: b\r\n"),
    "with an id that is none": request(head="X-Request-ID: b\r\n").replace(b"ID: a", b"ID: a b"),
    "by name": request(path="/models/iris/predict"),
    "by version": request(path="/models/iris/versions/1/predict"),
    "strings and missing values": request(PENGUIN, "/models/penguins/predict"),
}
HANDED_OVER = {
    "another route": request(b"", "/livez", method="GET"),
    "another method": request(b"", method="GET"),
    "no such model": request(path="/models/no/predict"),
    "no such version": request(path="/models/iris/versions/9/predict"),
    "no such route": request(path="/predict/"),
    "an escaped name": request(path="/models/ir%69s/predict"),
    "a query": request(path="/predict?a=1"),
    "a field that is missing": request(b'{"feature1":1}'),
    "no JSON": request(b"{"),
    "an empty body": request(b""),
    "no length": b"POST /predict HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\n\r\n",
    "another type": request(head="Content-Type: text/plain\r\n"),
    "compressed": request(head="Content-Encoding: gzip\r\n"),
    "too large": request(b"[" + b",".join([RECORD] * 100) + b"]"),
    "an HTTP that is none": request().replace(b"HTTP/1.1", b"HTTP/2.0"),
    "another charset": request(head="Content-Type: application/json;charset=latin-1\r\n"),
    "in chunks": b"POST /predict HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(RECORD), RECORD),
    "that waits to be asked on": request(head="Expect: 100-continue\r\n"),
}
