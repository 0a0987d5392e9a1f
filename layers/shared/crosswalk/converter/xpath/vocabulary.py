"""The names of the mapping `xpath`."""

NAMESPACE = "http://www.w3.org/2005/xpath-functions"
KINDS = frozenset({"map", "array", "string", "number", "boolean", "null"})
CONTAINERS = ("map", "array")
