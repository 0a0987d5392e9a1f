"""Deploying beside the SAM CLI: is the account ready, publish the page, does it all answer, take it down again."""
