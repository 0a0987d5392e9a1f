"""Runs the service on this machine, without Docker: template.yaml over HTTP, each function in processes of its own.

A request comes in through `gateway`, which turns it into an API Gateway event and the function's answer into a
response; `environments` keeps the function's execution environments; `worker` is what runs in each of them.
`template` reads template.yaml: whatever is not in it does not exist here.
"""
