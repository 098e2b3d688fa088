"""Calls to Docker: those that roundhouse makes, those that it does not, and ways to hide one in
another."""

V = "/v1.41"
ID = "0123456789abcdef" * 4  # of no container

# What edge/docker asks for, and what Docker answers when there is no such thing.
NEEDED = {
    "GET /version": 200,
    f"GET {V}/containers/json?all=1&filters=%7B%22label%22%3A%5B%22a.b%3Dno-such%22%5D%7D": 200,
    f"GET {V}/containers/json?all=1&filters=%7B%22name%22%3A%5B%22no-such-pool-%22%5D%7D": 200,
    f"GET {V}/containers/json?all=1&filters="
    "%7B%22name%22%3A%5B%22%5E%2F%3Fno_such%5C%5C.g-1%24%22%5D%7D": 200,
    f"GET {V}/containers/{ID}/json": 404,
    f"GET {V}/images/no-such-image/json": 404,
    f"GET {V}/images/localhost%3A5000/no/such-image%3Alatest/json": 404,
    f"GET {V}/images/no/such%40sha256%3A{ID}/json": 404,
    f"POST {V}/containers/create?name=no-such-engine-0": 500,  # the body is missing
    f"POST {V}/containers/{ID}/start": 404,
    f"POST {V}/containers/{ID}/stop?t=5": 404,
    f"DELETE {V}/containers/{ID}?force=1&v=1": 404,
    f"POST {V}/images/create?fromImage=127.0.0.1%3A9%2Fno%2Fsuch&tag=1": 500,
}

OTHER_CALLS = f"""
GET /info
GET {V}/info
GET {V}/version
GET /_ping
HEAD /_ping
GET {V}/system/df
GET {V}/containers/json
GET {V}/containers/json?all=1
GET {V}/containers/json?all=1&filters=%7B%7D&size=1
GET {V}/containers/{ID}/json?size=1
GET {V}/containers/{ID}/logs?stdout=1
GET {V}/containers/{ID}/top
GET {V}/containers/{ID}/stats
GET {V}/containers/{ID}/changes
GET {V}/containers/{ID}/export
GET {V}/containers/{ID}/archive?path=/
HEAD {V}/containers/{ID}/archive?path=/
PUT {V}/containers/{ID}/archive?path=/
GET {V}/containers/{ID}/attach/ws?stream=1
POST {V}/containers/{ID}/attach?stream=1
POST {V}/containers/{ID}/exec
POST {V}/exec/{ID}/start
POST {V}/exec/{ID}/resize
POST {V}/containers/{ID}/update
POST {V}/containers/{ID}/rename?name=x
POST {V}/containers/{ID}/kill
POST {V}/containers/{ID}/restart
POST {V}/containers/{ID}/pause
POST {V}/containers/{ID}/unpause
POST {V}/containers/{ID}/wait
POST {V}/containers/{ID}/resize?h=1&w=1
POST {V}/containers/prune
POST {V}/containers/create
POST {V}/containers/create?name=
POST {V}/containers/create?name=a&platform=linux
POST {V}/containers/create?name=a&name=b
POST {V}/containers/{ID}/start?detachKeys=a
POST {V}/containers/{ID}/stop
POST {V}/containers/{ID}/stop?t=-1
POST {V}/containers/{ID}/stop?t=1&signal=HUP
POST {V}/containers/gluetun/start
POST {V}/containers/gluetun/stop?t=1
POST {V}/containers/{ID[:63]}/start
POST {V}/containers/{ID.upper()}/start
DELETE {V}/containers/{ID}
DELETE {V}/containers/gluetun?force=1&v=1
DELETE {V}/containers/{ID}?force=1&v=1&link=1
DELETE {V}/containers/{ID[:12]}?force=1&v=1
GET {V}/images/json
GET {V}/images/search?term=x
GET {V}/images/x/history
GET {V}/images/x/get
GET {V}/images/get?names=x
POST {V}/images/create
POST {V}/images/create?fromSrc=-
POST {V}/images/create?fromImage=x&tag=y&fromSrc=-
POST {V}/images/create?fromSrc=-&repo=x&fromImage=y&tag=z
POST {V}/images/load
POST {V}/images/x/push
POST {V}/images/x/tag?repo=y
POST {V}/images/prune
DELETE {V}/images/x
GET {V}/distribution/x/json
POST {V}/build
POST {V}/build/prune
POST {V}/commit?container={ID}
POST {V}/auth
POST {V}/session
POST /grpc
GET {V}/volumes
POST {V}/volumes/create
DELETE {V}/volumes/x
GET {V}/networks
POST {V}/networks/create
POST {V}/networks/x/connect
DELETE {V}/networks/x
GET {V}/plugins
POST {V}/plugins/pull?remote=x
GET {V}/swarm
POST {V}/swarm/init
GET {V}/nodes
GET {V}/services
GET {V}/tasks
GET {V}/secrets
GET {V}/configs
GET {V}/events
GET {V}/events?since=1
GET {V}/events?filters=%7B%7D&until=1
""".strip().splitlines()

# Needed calls, or others, in a spelling that Docker might read in another way than the proxy.
OTHER_SPELLINGS = f"""
GET //version
GET /./version
GET /version/
GET /version?
GET /version;x
GET /version%00
GET /%76ersion
GET /x/../version
GET http://docker/version
GET http://docker{V}/info
GET docker/version
get /version
Get /version
OPTIONS /version
OPTIONS *
TRACE /version
PATCH /version
CONNECT docker:2375
POST /version
PUT {V}/containers/{ID}/start
GET {V}/containers/{ID}/start
POST {V}/containers/{ID}/json
DELETE {V}/containers/{ID}/start
POST /containers/create?name=x
POST /v1/containers/create?name=x
POST /v1.41x/containers/create?name=x
POST /v2.41/containers/create?name=x
XPOST {V}/containers/create?name=x
POST /V1.41/containers/create?name=x
POST {V}{V}/containers/create?name=x
POST {V}/containers/create/?name=x
POST {V}/containers//create?name=x
POST {V}/containers/./create?name=x
POST {V}/Containers/create?name=x
POST {V}/containers/create?name=x%26platform=y
POST {V}/containers/create?name=x#/version
POST {V}/containers/create?name=x/../../exec
POST {V}/containers/{ID}/start/../exec
POST {V}/containers/{ID}/start%2F..%2Fexec
POST {V}/containers/{ID}/../{ID}/start
POST {V}/containers/{ID}%2Fexec/start
POST {V}/containers/{ID}/%73tart
GET {V}/containers/../images/json
GET {V}/containers/..%2Fimages/json
GET {V}/containers/%2e%2e/images/json
GET {V}/containers/x/archive%3Fpath=/json
GET {V}/images/../containers/json
GET {V}/images/x/../../containers/x/json
GET {V}/images/x/%2e%2e/json
GET {V}/images/x%2F..%2F..%2Finfo/json
GET {V}/images/x%00/json
GET {V}/images/x/get?names=y/json
GET {V}/images//json
""".strip().splitlines()


def last(call):
    """A whole request, after which the connection is closed."""
    return f"{call} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"


def requests_that_hide(hidden):
    """One call and, in what may be taken for its body or not, another; then a harmless one."""
    look, create = "GET /version HTTP/1.1", f"POST {V}/containers/create?name=x HTTP/1.1"
    length = len(hidden)
    chunked = f"{length:x}\r\n{hidden}\r\n0\r\n\r\n"
    for first, headers, body in [
            (look, [f"Content-Length: {length}"], hidden),
            (look, ["Content-Length: 0", f"Content-Length: {length}"], hidden),
            (look, [f"Content-Length: {length}, 0"], hidden),
            (look, [f"Content-Length: +{length}"], hidden),
            (look, [f"Content-Length:\t{length}", "Connection: Content-Length"], hidden),
            (look, ["Transfer-Encoding: chunked"], chunked),
            (create, ["Transfer-Encoding: chunked"], chunked),
            (create, ["Transfer-Encoding: chunked", "Content-Length: 5"], chunked),
            (create, ["Content-Length: 5", "Transfer-Encoding: chunked"], "0\r\n\r\n" + hidden),
            (create, ["Content-Length: 5", "Transfer-Encoding : chunked"], "0\r\n\r\n" + hidden),
            (create, ["Content-Length: 5", "Transfer-Encoding:\x0bchunked"], "0\r\n\r\n" + hidden),
            (create, ["Content-Length: 5", "Transfer-Encoding: identity"], "0\r\n\r\n" + hidden),
            (create, ["Content-Length: 5", "X: y\rTransfer-Encoding: chunked"], "{}{}{" + hidden),
            (look, ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings"], hidden),
            (look, ["Upgrade: websocket", "Connection: Upgrade"], hidden),
            (look, [], hidden)]:
        head = "\r\n".join([first, "Host: docker", *headers])
        yield head + "\r\n\r\n" + body + last("GET /version")
