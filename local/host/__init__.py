"""Runs a SAM template's functions on this machine, without Docker, as API Gateway and Lambda would.

`server` takes HTTP requests and `gateway` answers them: `proxy_event` turns one into an API Gateway event and the
function's answer into a response. `deployment` has a `pool` for each function, which keeps its execution environments
(`environment`); `worker` is what runs in each of them. `template` reads template.yaml, with `intrinsics`, into a
`service`: whatever is not in it does not exist here. Nothing in this package knows which service it runs.
"""
