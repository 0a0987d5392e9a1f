"""The way from API Gateway to an endpoint and back; the only package here that knows HTTP.

handler      makes an endpoint's Lambda handler
problems     every error as a problem document
middleware   the request's id, the log line, CORS, the plain 500
parameters   types of query parameters
options      what a conversion may be asked for
documents    a document in, the converted one out
conversions  options and answers of conversions through S3
users        which user a request means, conditional reads
"""
